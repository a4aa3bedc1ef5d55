package web

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/daemon"
)

// metrics are what GET /metrics shows. Labels are names of the project and words of
// closed lists.
type metrics struct {
	registry *prometheus.Registry
	runs     *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	rows     *prometheus.CounterVec
	left     *prometheus.GaugeVec
	unnamed  *prometheus.CounterVec
	requests *prometheus.CounterVec
	ended    *prometheus.GaugeVec
	alerts   *prometheus.CounterVec
	reloads  *prometheus.CounterVec

	mu    sync.Mutex
	tasks map[string]bool // that have series
}

func newMetrics(o Options) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(), tasks: map[string]bool{},
		runs:     counter("kith_runs_total", "Firings that ended, by task and status; those that somebody asked for and one run served are one.", "task", "status"),
		rows:     counter("kith_rows_total", "Rows that were sent, or tried to be, by sync and fate.", "sync", "fate"),
		unnamed:  counter("kith_rejected_remote_total", "Rows that the vendor refused and did not name, by sync; among the delivered or unknown of kith_rows_total.", "sync"),
		requests: counter("kith_requests_total", "Calls of the destination, by sync.", "sync"),
		alerts:   counter("kith_alerts_total", "Messages to people, by task and whether all of them arrived.", "task", "status"),
		reloads:  counter("kith_reloads_total", "How often the project was read again, by outcome.", "status"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kith_run_seconds", Help: "How long runs took, by task.", Buckets: []float64{1, 3, 10, 30, 100, 300, 1000, 3000, 10000},
		}, []string{"task"}),
		left: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kith_rows_left", Help: "Rows that the last run that came to its end has left as they were, by sync and fate.",
		}, []string{"sync", "fate"}),
		ended: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kith_last_success_timestamp_seconds", Help: "When a run of the task last ended well, not one of which nothing was answered, by the daemon's clock; not before it served.",
		}, []string{"task"}),
	}
	m.registry.MustRegister(
		m.runs, m.rows, m.left, m.unnamed, m.requests, m.alerts, m.reloads, m.seconds, m.ended,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "kith_running", Help: "Tasks that are being served."}, func() float64 { return float64(o.Daemon.Health().Running) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "kith_build_info", Help: "The version of kith.", ConstLabels: prometheus.Labels{"version": o.Version}}, func() float64 { return 1 }),
		dueCollector{o.Daemon}, healthCollector{o.Daemon.Health},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// handler shows them, of the tasks that there are then.
func (m *metrics) handler(d *daemon.Daemon) http.Handler {
	show := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.Session() != nil {
			m.keep(d.Tasks())
		}
		show.ServeHTTP(w, r)
	})
}

// keep drops the series of tasks that are no more: what they show is not looked after by anybody.
// Messages about one that is no more are counted on.
func (m *metrics) keep(tasks []daemon.TaskInfo) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.tasks {
		if slices.ContainsFunc(tasks, func(t daemon.TaskInfo) bool { return t.Name == name }) {
			continue
		}
		delete(m.tasks, name)
		for _, v := range []*prometheus.MetricVec{m.runs.MetricVec, m.seconds.MetricVec, m.ended.MetricVec} {
			v.DeletePartialMatch(prometheus.Labels{"task": name})
		}
		for _, v := range []*prometheus.MetricVec{m.rows.MetricVec, m.left.MetricVec, m.unnamed.MetricVec, m.requests.MetricVec} {
			v.DeletePartialMatch(prometheus.Labels{"sync": syncOf(name)})
		}
	}
}

func syncOf(task string) string { return strings.TrimPrefix(task, "sync ") }

func (m *metrics) observe(e daemon.Event) {
	switch e.Kind {
	case "reload":
		m.reloads.WithLabelValues(e.Status).Inc()
		return
	case "alert":
		m.alerts.WithLabelValues(e.Task, e.Status).Inc()
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tasks[e.Task] = true
	m.runs.WithLabelValues(e.Task, e.Status).Inc()
	if e.Took > 0 {
		m.seconds.WithLabelValues(e.Task).Observe(e.Took.Seconds())
	}
	ended := e.Status == "succeeded" || e.Status == "partial"
	if ended && (e.Report == nil || !e.Report.Unanswered) {
		m.ended.WithLabelValues(e.Task).Set(float64(e.At.Unix()))
	}
	if e.Report == nil {
		return
	}
	name, r := syncOf(e.Task), e.Report
	m.requests.WithLabelValues(name).Add(float64(r.Requests))
	m.unnamed.WithLabelValues(name).Add(float64(r.Remote))
	for fate, n := range map[cdp.Fate]uint64{cdp.Delivered: r.Delivered, cdp.Rejected: r.Rejected, cdp.Deferred: r.Deferred, cdp.Unknown: r.Unknown} {
		m.rows.WithLabelValues(name, string(fate)).Add(float64(n))
	}
	if !ended { // it may not have come to know
		return
	}
	for fate, n := range map[cdp.Fate]uint64{cdp.Held: r.Held, cdp.Pending: r.Pending, cdp.Skipped: r.Skipped, cdp.Expired: r.Expired} {
		m.left.WithLabelValues(name, string(fate)).Set(float64(n))
	}
}

// dueCollector shows what the daemon knows of its tasks at the moment of asking.
type dueCollector struct{ d *daemon.Daemon }

var (
	dueDesc    = prometheus.NewDesc("kith_next_due_timestamp_seconds", "When the task is due next.", []string{"task"}, nil)
	pausedDesc = prometheus.NewDesc("kith_paused", "1 for a task that is paused.", []string{"task"}, nil)
)

// Describe implements prometheus.Collector.
func (c dueCollector) Describe(ch chan<- *prometheus.Desc) { ch <- dueDesc; ch <- pausedDesc }

// Collect implements prometheus.Collector.
func (c dueCollector) Collect(ch chan<- prometheus.Metric) {
	for _, t := range c.d.Tasks() {
		if !t.Next.IsZero() {
			ch <- prometheus.MustNewConstMetric(dueDesc, prometheus.GaugeValue, float64(t.Next.Unix()), t.Name)
		}
		paused := 0.0
		if t.Paused {
			paused = 1
		}
		ch <- prometheus.MustNewConstMetric(pausedDesc, prometheus.GaugeValue, paused, t.Name)
	}
}

// healthCollector shows how the daemon is, as far as it knows: one that starts, or stops, knows of
// no project, and of the ledger only that it is away.
type healthCollector struct{ health func() daemon.Health }

var (
	validDesc     = prometheus.NewDesc("kith_project_valid", "1 when the project on disk is the one in use; none while it starts or stops.", nil, nil)
	reachableDesc = prometheus.NewDesc("kith_ledger_reachable", "1 when the ledger can be read; none before that is known.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c healthCollector) Describe(ch chan<- *prometheus.Desc) { ch <- validDesc; ch <- reachableDesc }

// Collect implements prometheus.Collector.
func (c healthCollector) Collect(ch chan<- prometheus.Metric) {
	is := func(desc *prometheus.Desc, yes bool) {
		value := 0.0
		if yes {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
	h := c.health()
	if !h.Stopped {
		is(validDesc, h.Invalid == nil && h.Postponed == nil)
	}
	if !h.Stopped || h.Away != nil {
		is(reachableDesc, h.Away == nil)
	}
}
