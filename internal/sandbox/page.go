package sandbox

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
	"github.com/kithdata/kith/internal/sandbox/webhook"
)

//go:embed page.html
var pageHTML string

//go:embed style.css
var styleCSS []byte

// page escapes whatever the requests brought, by html/template.
var page = template.Must(template.New("page").Funcs(template.FuncMap{"join": strings.Join}).Parse(pageHTML))

// pageRows is how many rows of a kind the page shows.
const pageRows = 50

type pageData struct {
	Counters Counters
	Portals  map[string]hubspot.Portal
	Webhooks map[string]webhook.Receiver
	Faults   []Fault
	Requests []Recorded // newest first
}

func (s *Sandbox) servePage(w http.ResponseWriter, _ *http.Request) {
	data, err := s.pageData()
	if err != nil {
		http.Error(w, "sandbox: "+err.Error(), http.StatusInternalServerError)
		return
	}
	var out bytes.Buffer
	if err := page.Execute(&out, data); err != nil {
		http.Error(w, "sandbox: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(out.Bytes())
}

func (s *Sandbox) pageData() (d pageData, err error) {
	if d.Counters, err = s.Counters(); err != nil {
		return d, err
	}
	err = s.locked(func(*fake.Tx) error {
		d.Portals, _ = s.hubspot.State(pageRows).(map[string]hubspot.Portal)
		d.Webhooks, _ = s.webhook.State(pageRows).(map[string]webhook.Receiver)
		d.Faults = s.faults.list()
		d.Requests = s.log.all()
		return nil
	})
	slices.Reverse(d.Requests)
	d.Requests = d.Requests[:min(len(d.Requests), pageRows)]
	return d, err
}

func serveStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(styleCSS)
}
