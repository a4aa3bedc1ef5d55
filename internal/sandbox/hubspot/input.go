package hubspot

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// maxInputs is the size of a batch.
const maxInputs = 100

// input is one row of a batch.
type input struct {
	ID         string             `json:"id"`
	IDProperty string             `json:"idProperty"`
	Properties map[string]*string `json:"properties"`
	Trace      string             `json:"objectWriteTraceId"`
	fields     []field
}

type batch struct {
	typ    string
	inputs []input
}

// readBatch decodes a batch and refuses what HubSpot refuses whatever its state: too many inputs, values that are not
// strings, the same id twice.
func readBatch(q query, byID bool) (*batch, action) {
	var body struct {
		Inputs []input `json:"inputs"`
	}
	if refused := decode(q, &body); refused != nil {
		return nil, refused
	}
	n := len(body.Inputs)
	if n == 0 || n > maxInputs {
		return nil, badRequest(fmt.Sprintf("A batch has 1 to %d inputs, this one has %d", maxInputs, n))
	}
	b := &batch{typ: typeName(q.params[0]), inputs: body.Inputs}
	for i := range b.inputs {
		var refused action
		if b.inputs[i].fields, refused = fieldsOf(b.inputs[i].Properties); refused != nil {
			return nil, refused
		}
	}
	if byID {
		return b, b.checkIDs()
	}
	return b, nil
}

func fieldsOf(properties map[string]*string) ([]field, action) {
	fields := make([]field, 0, len(properties))
	for name, v := range properties {
		if v == nil {
			return nil, badRequest(fmt.Sprintf("Invalid input JSON: properties[%q] is null; a value is cleared by an empty string", name))
		}
		fields = append(fields, field{name, *v})
	}
	slices.SortFunc(fields, byName)
	return fields, nil
}

func (b *batch) checkIDs() action {
	type key struct{ property, id string }
	seen := make(map[key]bool, len(b.inputs))
	for _, in := range b.inputs {
		if in.ID == "" {
			return badRequest("Some required fields were not set: [id]")
		}
		k := key{in.IDProperty, in.ID}
		if in.IDProperty == emailProp {
			k.id = strings.ToLower(strings.TrimSpace(k.id))
		}
		if seen[k] {
			return badRequest(fmt.Sprintf("Duplicate IDs found in batch input: [%s]. IDs must be unique", in.ID))
		}
		seen[k] = true
	}
	return nil
}

// validate checks a batch against the portal's properties and creates those that an open portal creates.
func (f *Fake) validate(tx *fake.Tx, p *portal, c *collection, inputs []input) (fake.Reply, bool) {
	fresh := map[string]bool{}
	var wrong []detail
	for i := range inputs {
		wrong = append(wrong, f.check(c, inputs[i].fields, fresh)...)
	}
	if len(wrong) == 0 {
		for i := range inputs {
			if i > 0 && inputs[i].IDProperty == inputs[i-1].IDProperty {
				continue
			}
			if problem := f.checkKey(tx, p, c, inputs[i].IDProperty); problem != nil {
				wrong = append(wrong, *problem)
			}
		}
	}
	if len(wrong) > 0 {
		return fail(tx, http.StatusBadRequest, catValidation,
			"Property values were not valid: "+string(fake.Marshal(wrong)), wrong...), false
	}
	for name := range fresh {
		if _, ok := c.defs[name]; !ok {
			p.define(tx, c, autoProperty(c, name))
		}
	}
	return fake.Reply{}, true
}
