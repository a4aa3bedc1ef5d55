package hubspot

import (
	"fmt"
	"math"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// rejectedDomain is the magic domain: see the package's documentation.
const rejectedDomain = "@rejected.example"

// check finds what refuses the whole batch: properties that do not exist or may not be written, and values that are not of
// their type. It brings the values into their stored form. Names that an open portal creates are added to fresh.
func (f *Fake) check(c *collection, fields []field, fresh map[string]bool) []detail {
	var wrong []detail
	for i := range fields {
		name := fields[i].name
		d, ok := c.defs[name]
		switch {
		case !ok && (f.cfg.Strict || !propertyName.MatchString(name)):
			wrong = append(wrong, detail{
				Message: fmt.Sprintf("Property %q does not exist", name), Code: "PROPERTY_DOESNT_EXIST",
				Context: map[string][]string{"propertyName": {name}},
			})
			continue
		case !ok:
			fresh[name] = true
		case d.ReadOnly:
			wrong = append(wrong, invalid(d, "READ_ONLY_VALUE", "is a read only property; its value cannot be set"))
			continue
		}
		v, problem := d.normalize(fields[i].value)
		if problem != nil {
			wrong = append(wrong, *problem)
			continue
		}
		fields[i] = field{f.intern([]byte(name)), v}
	}
	return wrong
}

// checkKey makes sure that an idProperty is unique; an open portal creates it.
func (f *Fake) checkKey(tx *fake.Tx, p *portal, c *collection, name string) *detail {
	if name == "" || name == objectID || c.defs[name].HasUniqueValue {
		return nil
	}
	d, ok := c.defs[name]
	if !ok {
		d = autoProperty(c, name)
	}
	if f.cfg.Strict || !d.Auto || !propertyName.MatchString(name) || !c.distinct(name) {
		problem := invalid(d, "INVALID_ID_PROPERTY", "is not a property with unique values, so it cannot be an idProperty")
		return &problem
	}
	d.HasUniqueValue = true
	p.define(tx, c, d)
	return nil
}

// define creates or replaces a property and writes that down.
func (p *portal) define(tx *fake.Tx, c *collection, d property) {
	c.define(d)
	encDefine(tx, p, c, d)
}

func autoProperty(c *collection, name string) property {
	return property{
		Name: name, Label: name, Type: "string", FieldType: "text", GroupName: c.name + "information", Auto: true,
	}
}

func invalid(d property, code, message string) detail {
	return detail{
		Message: d.Name + " " + message, Code: code, Context: map[string][]string{"propertyName": {d.Name}},
	}
}

// normalize checks a value against the property's type and returns it as HubSpot stores it. "" clears and is always right.
func (d property) normalize(v string) (string, *detail) {
	if v == "" {
		return v, nil
	}
	var code string
	ok := true
	switch d.Type {
	case "number":
		n, err := strconv.ParseFloat(v, 64)
		ok, code = err == nil && !math.IsNaN(n) && !math.IsInf(n, 0), "INVALID_INTEGER"
	case "date":
		v, ok = dateValue(v)
		code = "INVALID_DATE"
	case "datetime":
		v, ok = datetimeValue(v)
		code = "INVALID_LONG"
	case "enumeration", "bool":
		code = "INVALID_OPTION"
		chosen := []string{v}
		if d.FieldType == "checkbox" {
			chosen = strings.Split(strings.Trim(v, ";"), ";")
		}
		for _, one := range chosen {
			ok = ok && slices.ContainsFunc(d.Options, func(o option) bool { return o.Value == one })
		}
	}
	if !ok {
		problem := invalid(d, code, fmt.Sprintf("was not a valid %s: %q", d.Type, v))
		return "", &problem
	}
	return v, nil
}

// dateValue takes YYYY-MM-DD or milliseconds at midnight UTC, nothing between.
func dateValue(v string) (string, bool) {
	if ms, err := strconv.ParseInt(v, 10, 64); err == nil {
		t := time.UnixMilli(ms).UTC()
		return t.Format(time.DateOnly), t.Equal(t.Truncate(24 * time.Hour))
	}
	_, err := time.Parse(time.DateOnly, v)
	return v, err == nil
}

// datetimeValue takes milliseconds or ISO 8601 with a time and a zone.
func datetimeValue(v string) (string, bool) {
	if ms, err := strconv.ParseInt(v, 10, 64); err == nil {
		return stamp(ms), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999999999-0700"} {
		if t, err := time.Parse(layout, v); err == nil {
			return stamp(t.UnixMilli()), true
		}
	}
	return "", false
}

// checkMail says what is wrong with a contact's address.
func checkMail(p *portal, email string) *rowError {
	email = strings.ToLower(strings.TrimSpace(email))
	_, domain, _ := strings.Cut(email, "@")
	parsed, err := mail.ParseAddress(email)
	ok := err == nil && parsed.Address == email && strings.Contains(strings.Trim(domain, "."), ".") &&
		!strings.HasSuffix(email, rejectedDomain)
	if !ok {
		return &rowError{category: catValidation, message: "Property values were not valid: " + string(fake.Marshal([]map[string]any{{
			"isValid": false, "message": fmt.Sprintf("Email address %s is invalid", email), "error": "INVALID_EMAIL",
			"name": emailProp, "localizedErrorMessage": fmt.Sprintf("Email address %s is invalid", email),
		}}))}
	}
	if len(p.blocked) > 0 && p.blocked[mailHash(email)] {
		return &rowError{category: catValidation, message: "The contact was permanently deleted and its email address is blocked"}
	}
	return nil
}
