package hubspot

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// property is HubSpot's definition of one.
type property struct {
	Name           string   `json:"name"`
	Label          string   `json:"label"`
	Type           string   `json:"type"`      // string number date datetime enumeration bool
	FieldType      string   `json:"fieldType"` // text textarea number date select checkbox booleancheckbox ...
	GroupName      string   `json:"groupName"`
	HasUniqueValue bool     `json:"hasUniqueValue"`
	HubspotDefined bool     `json:"hubspotDefined"`
	ReadOnly       bool     `json:"readOnlyValue,omitempty"`
	Auto           bool     `json:"createdOnFirstUse,omitempty"` // the sandbox's own word: see Config.Strict
	Options        []option `json:"options"`
}

type option struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// defaultProperties are those of a new portal that people map to; HubSpot has some hundreds.
func defaultProperties(typ string) []property {
	const common = "createdate:datetime hs_lastmodifieddate:datetime:ro hs_createdate:datetime:ro hs_object_id:number:ro " +
		"hs_merged_object_ids:string:ro hubspot_owner_id hs_object_source:string:ro "
	var spec string
	switch typ {
	case contacts:
		spec = common + "email firstname lastname salutation phone mobilephone fax company website jobtitle job_function " +
			"address city state zip country gender marital_status degree school seniority military_status field_of_study " +
			"date_of_birth start_date graduation_date relationship_status work_email twitterhandle message industry " +
			"numemployees annualrevenue total_revenue:number closedate:datetime hs_language hs_timezone hs_persona " +
			"hs_additional_emails hs_email_optout:bool hs_lead_status:lead lifecyclestage:stage " +
			"lastmodifieddate:datetime:ro num_notes:number:ro notes_last_updated:datetime:ro"
	case companies:
		spec = common + "name domain phone website address address2 city state zip country timezone industry type " +
			"description about_us founded_year:string numberofemployees:number annualrevenue:number total_money_raised " +
			"is_public:bool linkedin_company_page linkedinbio facebook_company_page twitterhandle web_technologies " +
			"hs_lead_status:lead lifecyclestage:stage closedate:datetime"
	case "deals":
		spec = common + "dealname dealstage pipeline amount:number closedate:datetime dealtype description"
	case "tickets":
		spec = common + "subject content hs_pipeline hs_pipeline_stage hs_ticket_priority source_type"
	case "products":
		spec = common + "name description price:number hs_sku recurringbillingfrequency"
	default:
		spec = common
	}
	var defs []property
	for _, word := range strings.Fields(spec) {
		parts := strings.Split(word, ":")
		d := property{
			Name: parts[0], Label: strings.ReplaceAll(parts[0], "_", " "), Type: "string", FieldType: "text",
			GroupName: typ + "information", HubspotDefined: true, ReadOnly: len(parts) > 2,
			HasUniqueValue: typ == contacts && parts[0] == emailProp,
		}
		if len(parts) > 1 {
			d.setType(parts[1])
		}
		defs = append(defs, d)
	}
	return defs
}

func (d *property) setType(t string) {
	switch t {
	case "stage":
		d.Type, d.FieldType, d.Options = "enumeration", "radio", options(stages()...)
	case "lead":
		d.Type, d.FieldType = "enumeration", "radio"
		d.Options = options("NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED", "ATTEMPTED_TO_CONTACT", "CONNECTED",
			"BAD_TIMING")
	case "bool":
		d.Type, d.FieldType, d.Options = "bool", "booleancheckbox", options("true", "false")
	case "number", "date", "datetime":
		d.Type, d.FieldType = t, strings.TrimSuffix(t, "time")
	}
}

// stages are the lifecycle stages in their order.
func stages() []string {
	return []string{
		"subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist", "other",
	}
}

func options(values ...string) []option {
	os := make([]option, len(values))
	for i, v := range values {
		os[i] = option{Label: v, Value: v}
	}
	return os
}

var propertyName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)

func listProperties(_ *Fake, q query) action {
	return func(_ *fake.Tx, p *portal) fake.Reply {
		c := p.collection(typeName(q.params[0]))
		defs := make([]property, 0, len(c.defs))
		for _, name := range slices.Sorted(maps.Keys(c.defs)) {
			defs = append(defs, c.defs[name])
		}
		return answer(http.StatusOK, map[string]any{"results": defs})
	}
}

func readProperty(_ *Fake, q query) action {
	return func(tx *fake.Tx, p *portal) fake.Reply {
		d, ok := p.collection(typeName(q.params[0])).defs[q.params[1]]
		if !ok {
			return fail(tx, http.StatusNotFound, catNotFound, fmt.Sprintf("Property %q does not exist", q.params[1]))
		}
		return answer(http.StatusOK, d)
	}
}

func createProperty(_ *Fake, q query) action {
	var d property
	if refused := decode(q, &d); refused != nil {
		return refused
	}
	d.HubspotDefined, d.ReadOnly, d.Auto = false, false, false
	types := []string{"string", "number", "date", "datetime", "enumeration", "bool"}
	switch {
	case !propertyName.MatchString(d.Name):
		return badRequest("Property names are lower case letters, digits and underscores, and begin with a letter")
	case d.Label == "" || d.FieldType == "" || d.GroupName == "":
		return badRequest("name, label, type, fieldType and groupName are required")
	case !slices.Contains(types, d.Type):
		return badRequest("Property type must be one of " + strings.Join(types, ", "))
	case d.HasUniqueValue && d.Type != "string" && d.Type != "number":
		return badRequest("only properties of type string or number can have unique values")
	}
	if d.Type == "bool" && len(d.Options) == 0 {
		d.Options = options("true", "false")
	}
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c := p.collection(typeName(q.params[0]))
		if old, ok := c.defs[d.Name]; ok && !old.Auto {
			return fail(tx, http.StatusConflict, "OBJECT_ALREADY_EXISTS", fmt.Sprintf("A property named '%s' already exists.", d.Name))
		}
		if d.HasUniqueValue && !c.distinct(d.Name) {
			return fail(tx, http.StatusBadRequest, catValidation, "records share values of "+d.Name)
		}
		p.define(tx, c, d)
		return answer(http.StatusCreated, d)
	}
}

// archiveProperty takes a property away that is not HubSpot's own; no record has a value of it any more.
func archiveProperty(_ *Fake, q query) action {
	return func(tx *fake.Tx, p *portal) fake.Reply {
		c, name := p.collection(typeName(q.params[0])), q.params[1]
		switch d, ok := c.defs[name]; {
		case !ok:
			return fail(tx, http.StatusNotFound, catNotFound, fmt.Sprintf("Property %q does not exist", name))
		case d.HubspotDefined:
			return fail(tx, http.StatusBadRequest, catValidation, name+" is HubSpot's own property and cannot be archived")
		}
		c.forget(name)
		op(tx, p, opForget)
		tx.Str(c.name)
		tx.Str(name)
		return fake.Reply{Status: http.StatusNoContent}
	}
}

// forget takes a property away, with its values.
func (c *collection) forget(name string) {
	delete(c.defs, name)
	delete(c.unique, name)
	for id, r := range c.records {
		if i := slices.IndexFunc(r.fields, func(f field) bool { return f.name == name }); i >= 0 {
			less := *r
			less.fields = slices.Delete(slices.Clone(r.fields), i, i+1)
			c.records[id] = &less
		}
	}
}

// distinct says whether no two records share a value of the property.
func (c *collection) distinct(name string) bool {
	seen := map[string]bool{}
	for _, r := range c.records {
		v := r.get(name)
		if v == "" || r.archived {
			continue
		}
		if v = c.canonical(name, v); seen[v] {
			return false
		}
		seen[v] = true
	}
	return true
}
