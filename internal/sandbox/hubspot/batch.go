package hubspot

import (
	"net/http"
	"strconv"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// outcome collects the results and errors of a batch.
type outcome struct {
	c        *collection
	now      int64
	results  []byte
	rows     int
	repeated int // of rows: they changed nothing
	rejected int
	errors   []batchError
	at       map[rowError]int // where in errors
}

type batchError struct {
	Status   string              `json:"status"`
	Category string              `json:"category"`
	Message  string              `json:"message"`
	Context  map[string][]string `json:"context"`
	Errors   []detail            `json:"errors,omitempty"`
}

func newOutcome(tx *fake.Tx, c *collection) *outcome {
	return &outcome{c: c, now: tx.Now.UnixMilli(), at: map[rowError]int{}, results: make([]byte, 0, 16<<10)}
}

// refuse adds a row that failed. Rows with the same message share one error, whose context lists their ids.
func (o *outcome) refuse(in input, why *rowError) {
	o.rejected++
	i, ok := o.at[*why]
	if !ok {
		i = len(o.errors)
		o.at[*why] = i
		o.errors = append(o.errors, batchError{
			Status: "error", Category: why.category, Message: why.message, Context: map[string][]string{},
		})
	}
	context := o.errors[i].Context
	if in.ID != "" {
		context["ids"] = append(context["ids"], in.ID)
	}
	if in.Trace != "" {
		context["objectWriteTraceId"] = append(context["objectWriteTraceId"], in.Trace)
	}
}

// accept adds a row that worked: old is the record before, r after it. created is nil where the answer does not say
// whether the record is new.
func (o *outcome) accept(in input, old, r *record, created *bool) {
	if old == r {
		o.repeated++
	}
	if o.rows++; o.rows > 1 {
		o.results = append(o.results, ',')
	}
	o.results = appendRecord(o.results, o.c.name, r, fieldNames(in.fields))
	o.results = o.results[:len(o.results)-1] // its closing brace
	if created != nil {
		o.results = append(o.results, `,"new":`...)
		o.results = strconv.AppendBool(o.results, *created)
	}
	if in.Trace != "" {
		o.results = append(o.results, `,"objectWriteTraceId":`...)
		o.results = fake.AppendJSON(o.results, in.Trace)
	}
	o.results = append(o.results, '}')
}

func (o *outcome) reply(status int) fake.Reply {
	at := stamp(o.now)
	body := make([]byte, 0, len(o.results)+256)
	body = append(body, `{"status":"COMPLETE","results":[`...)
	body = append(body, o.results...)
	body = append(body, `],"startedAt":"`+at+`","completedAt":"`+at+`"`...)
	if len(o.errors) > 0 {
		status = http.StatusMultiStatus
		body = append(body, `,"numErrors":`...)
		body = strconv.AppendInt(body, int64(len(o.errors)), 10)
		body = append(body, `,"errors":`...)
		body = append(body, fake.Marshal(o.errors)...)
	}
	body = append(body, '}')
	return fake.Reply{Status: status, Header: fake.JSON(), Body: body, Rows: o.rows, Rejected: o.rejected, Duplicates: o.repeated}
}

func fieldNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// appendRecord writes a record with the named properties and those that every answer carries.
func appendRecord(buf []byte, typ string, r *record, names []string) []byte {
	buf = append(buf, `{"id":"`...)
	buf = strconv.AppendInt(buf, r.id, 10)
	buf = append(buf, `","properties":{`...)
	always := system(typ)
	for _, name := range names {
		if name != always[0] && name != always[1] && name != always[2] {
			buf = appendProperty(buf, r, name)
		}
	}
	for _, name := range always {
		buf = appendProperty(buf, r, name)
	}
	buf[len(buf)-1] = '}' // in place of the last comma
	buf = append(buf, `,"createdAt":"`...)
	buf = append(buf, stamp(r.created)...)
	buf = append(buf, `","updatedAt":"`...)
	buf = append(buf, stamp(r.updated)...)
	buf = append(buf, `","archived":`...)
	buf = strconv.AppendBool(buf, r.archived)
	return append(buf, '}')
}

func appendProperty(buf []byte, r *record, name string) []byte {
	buf = fake.AppendJSON(buf, name)
	buf = append(buf, ':')
	if v := r.value(name); v != "" {
		buf = fake.AppendJSON(buf, v)
	} else {
		buf = append(buf, "null"...)
	}
	return append(buf, ',')
}

func batchUpsert(f *Fake, q query) action {
	b, refused := readBatch(q, true)
	if refused != nil {
		return refused
	}
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c := p.collection(b.typ)
		if reply, ok := f.validate(tx, p, c, b.inputs); !ok {
			return reply
		}
		o := newOutcome(tx, c)
		for _, in := range b.inputs {
			old := c.find(in.IDProperty, in.ID)
			if old == nil && (in.IDProperty == "" || in.IDProperty == objectID) {
				o.refuse(in, notFound(b.typ))
				continue
			}
			if old == nil {
				in.fields = withKey(in.fields, in.IDProperty, in.ID)
			}
			r, why := p.change(tx, c, old, in.fields)
			if why != nil {
				o.refuse(in, why)
				continue
			}
			created := old == nil
			o.accept(in, old, r, &created)
		}
		return o.reply(http.StatusOK)
	}
}

// withKey adds the key to the fields of a new record, unless they say otherwise.
func withKey(fields []field, name, value string) []field {
	out := make([]field, 0, len(fields)+1)
	done := false
	for _, f := range fields {
		if !done && f.name >= name {
			if f.name != name {
				out = append(out, field{name, value})
			}
			done = true
		}
		out = append(out, f)
	}
	if !done {
		out = append(out, field{name, value})
	}
	return out
}

func batchUpdate(f *Fake, q query) action {
	b, refused := readBatch(q, true)
	if refused != nil {
		return refused
	}
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c := p.collection(b.typ)
		if reply, ok := f.validate(tx, p, c, b.inputs); !ok {
			return reply
		}
		o := newOutcome(tx, c)
		for _, in := range b.inputs {
			old := c.find(in.IDProperty, in.ID)
			if old == nil {
				o.refuse(in, notFound(b.typ))
				continue
			}
			r, why := p.change(tx, c, old, in.fields)
			if why != nil {
				o.refuse(in, why)
				continue
			}
			o.accept(in, old, r, nil)
		}
		return o.reply(http.StatusOK)
	}
}

// batchCreate answers row by row when every input has an objectWriteTraceId, the only thing by which a refused row could
// be named; else one bad row refuses the batch and nothing is created.
func batchCreate(f *Fake, q query) action {
	b, refused := readBatch(q, false)
	if refused != nil {
		return refused
	}
	traced := true
	for i := range b.inputs {
		b.inputs[i].ID, b.inputs[i].IDProperty = "", ""
		traced = traced && b.inputs[i].Trace != ""
	}
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c := p.collection(b.typ)
		if reply, ok := f.validate(tx, p, c, b.inputs); !ok {
			return reply
		}
		if !traced {
			if why := p.refusesAny(c, b.inputs); why != nil {
				return fail(tx, statusOf(why), why.category, why.message)
			}
		}
		o := newOutcome(tx, c)
		for _, in := range b.inputs {
			r, why := p.change(tx, c, nil, in.fields)
			if why != nil {
				o.refuse(in, why)
				continue
			}
			o.accept(in, nil, r, nil)
		}
		return o.reply(http.StatusCreated)
	}
}

// refusesAny checks rows that are to be created all or none, also against each other.
func (p *portal) refusesAny(c *collection, inputs []input) *rowError {
	type value struct{ name, value string }
	seen := map[value]bool{}
	for _, in := range inputs {
		if why := p.refuses(c, nil, in.fields); why != nil {
			return why
		}
		for _, f := range in.fields {
			if f.value == "" || !c.defs[f.name].HasUniqueValue {
				continue
			}
			v := value{f.name, c.canonical(f.name, f.value)}
			if seen[v] {
				return &rowError{catValidation, "Duplicate values of the unique property " + f.name + " in batch input"}
			}
			seen[v] = true
		}
	}
	return nil
}

func statusOf(why *rowError) int {
	switch why.category {
	case catConflict:
		return http.StatusConflict
	case catNotFound:
		return http.StatusNotFound
	default:
		return http.StatusBadRequest
	}
}

// batchArchive ignores ids that do not exist, as HubSpot does.
func batchArchive(_ *Fake, q query) action {
	b, refused := readBatch(q, true)
	if refused != nil {
		return refused
	}
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c := p.collection(b.typ)
		n := 0
		for _, in := range b.inputs {
			if r := c.find("", in.ID); r != nil {
				p.archive(tx, c, r)
				n++
			}
		}
		return fake.Reply{Status: http.StatusNoContent, Rows: n}
	}
}
