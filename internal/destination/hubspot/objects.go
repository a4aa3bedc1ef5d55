package hubspot

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// recordID is the key that is HubSpot's own id of a record.
const recordID = "hs_object_id"

// write adds or changes the open rows by the mode of the delivery.
func (d *Destination) write(ctx context.Context, j *job) error {
	switch {
	case j.Mode == cdp.Update || j.Key == recordID:
		return d.update(ctx, j)
	case j.Mode == cdp.Insert:
		return d.create(ctx, j)
	}
	return d.upsert(ctx, j)
}

// keyed are the inputs of the open rows that have a key.
func (j *job) keyed() []input {
	var out []input
	for _, i := range j.open() {
		in, ok := j.prepare(i)
		switch {
		case !ok:
		case j.Rows[i].Key == "":
			j.reject(i, cdp.MissingValue, "the row has no key")
		default:
			out = append(out, in)
		}
	}
	return out
}

// upsert creates or changes by the key. The whole mapping of a row goes along,
// because "partial upserts are not supported when using email as the idProperty"
// (contacts guide, November 2026): what a row does not have is left out, and a
// change of a part of a record is an update by its id instead.
func (d *Destination) upsert(ctx context.Context, j *job) error {
	sent := j.keyed()
	if len(sent) == 0 {
		return nil
	}
	for n := range sent {
		sent[n].ID, sent[n].IDProperty = j.Rows[sent[n].row].Key, j.Key
	}
	return d.put(ctx, j, "batch/upsert", inputs{sent}, sent, cdp.Upsert)
}

// create makes records; a row of whose key there is one already is skipped (exists).
func (d *Destination) create(ctx context.Context, j *job) error {
	sent := j.keyed()
	if len(sent) == 0 {
		return nil
	}
	body := struct {
		Inputs []createInput `json:"inputs"`
	}{}
	for n := range sent {
		sent[n].Properties[j.Key] = j.Rows[sent[n].row].Key
		body.Inputs = append(body.Inputs, createInput{sent[n].Properties, sent[n].Trace, []struct{}{}})
	}
	if err := d.put(ctx, j, "batch/create", body, sent, cdp.Insert); err != nil || len(j.taken) == 0 {
		return err
	}
	return d.there(ctx, j, j.taken)
}

// there skips those of the rows that batch/create refused for a conflict of whose key there is a
// record; the others stay rejected, because the value that is taken is of another unique
// property. HubSpot says which only in a sentence: "Contact already exists. Existing ID: 51",
// "Cannot set property customer_no. 51 already has that value".
//
// Nothing of these rows was written, so whatever the look-up meets leaves no doubt of them: the
// next try must not take a record that it finds for the work of this one.
func (d *Destination) there(ctx context.Context, j *job, rows []int) error {
	ids, err := d.locate(ctx, j, rows, false)
	var (
		refused *cdp.Refused
		fatal   *cdp.Fatal
	)
	switch {
	case errors.As(err, &refused), errors.As(err, &fatal):
		j.reopen(rows)
		return err
	case err != nil:
		for _, i := range rows {
			j.results[i] = destination.NotSent(err)
		}
		return nil
	}
	for n, i := range rows {
		if r := &j.results[i]; ids[n] != "" {
			r.Fate, r.Code, r.RemoteID = cdp.Skipped, cdp.Exists, ids[n]
		}
	}
	return nil
}

// update changes records that are there, by record id; a record that is not is
// skipped (not_found). An id that we were told and that is gone, because records
// were merged, is looked up again by the key.
//
// batch/update takes an idProperty, but refused email as one in 2024
// (HubSpot/hubspot-api-nodejs issue 548); ids work for every object.
func (d *Destination) update(ctx context.Context, j *job) error {
	rows := j.open()
	for _, told := range []bool{true, false} {
		ids, err := d.locate(ctx, j, rows, told)
		if err != nil {
			return err
		}
		var sent []input
		for n, i := range rows {
			in, ok := j.prepare(i)
			switch {
			case !ok:
			case ids[n] == "":
				j.skip(i, cdp.NotFound, "", "there is no such record")
			default:
				if j.Op == cdp.Rekey {
					in.Properties[j.Key] = j.Rows[i].Key
				}
				if len(in.Properties) == 0 {
					j.deliver(i, ids[n])
					continue
				}
				in.ID = ids[n]
				sent = append(sent, in)
			}
		}
		for _, part := range unique(sent) {
			if err = d.put(ctx, j, "batch/update", inputs{part}, part, cdp.Update); err != nil {
				break
			}
		}
		if !told {
			return err
		}
		rows = slices.DeleteFunc(rows, func(i int) bool {
			return j.results[i].Code != cdp.NotFound || j.Rows[i].RemoteID == "" || j.Key == recordID
		})
		j.reopen(rows)
		if err != nil || len(rows) == 0 {
			return err
		}
	}
	return nil
}

// put makes a call that writes records, and gives their rows results.
func (d *Destination) put(ctx context.Context, j *job, verb string, body any, sent []input, mode cdp.Mode) error {
	j.sent = nil
	for _, in := range sent {
		j.sent = append(j.sent, in.row)
	}
	a, err := d.post(ctx, objectPath(j.Remote, verb), body)
	if err != nil {
		return err
	}
	err = d.settle(ctx, j, a, sent, mode)
	if err == nil {
		j.sent = nil
	}
	return err
}

// unique splits inputs so that no part holds an id twice, which HubSpot refuses
// ("Duplicate IDs found in batch input"): two rows may have become one record.
func unique(sent []input) [][]input {
	var parts [][]input
	for _, in := range sent {
		at := slices.IndexFunc(parts, func(p []input) bool {
			return !slices.ContainsFunc(p, func(o input) bool { return o.ID == in.ID })
		})
		if at < 0 {
			parts = append(parts, nil)
			at = len(parts) - 1
		}
		parts[at] = append(parts[at], in)
	}
	return parts
}

// rekey changes the key of records in place. What is not there under the old key is
// written under the new one, as the mode says; where records that were there stay as they
// are, one of the new key may be such a record.
func (d *Destination) rekey(ctx context.Context, j *job) error {
	err := d.update(ctx, j)
	if j.Leaves {
		return err
	}
	j.Op, j.Rows = cdp.Change, slices.Clone(j.Rows) // to be looked up by the new key
	for i := range j.results {
		if j.results[i].Code == cdp.NotFound {
			j.results[i], j.Rows[i].RemoteID = cdp.Result{}, ""
		}
	}
	if err != nil {
		return err
	}
	return d.write(ctx, j)
}

// archive moves records to the recycle bin. HubSpot answers 204 whether they were
// there or not.
func (d *Destination) archive(ctx context.Context, j *job) error {
	rows := j.open()
	ids, err := d.locate(ctx, j, rows, true)
	if err != nil {
		return err
	}
	var sent []input
	for n, i := range rows {
		if ids[n] == "" {
			j.skip(i, cdp.NotFound, "", "there is no such record")
			continue
		}
		if !slices.ContainsFunc(sent, func(in input) bool { return in.ID == ids[n] }) {
			sent = append(sent, input{ID: ids[n], row: i})
		}
	}
	if len(sent) == 0 {
		return nil
	}
	a, err := d.post(ctx, objectPath(j.Remote, "batch/archive"), inputs{sent})
	if err != nil {
		return err
	}
	if !a.OK() {
		return d.refusal(j, a, sent)
	}
	for n, i := range rows {
		if ids[n] != "" {
			j.deliver(i, ids[n])
		}
	}
	return nil
}

// locate finds the record ids of rows, "" for a row without record: the id that we
// were told (unless told is false), else by the key under which it was sent.
func (d *Destination) locate(ctx context.Context, j *job, rows []int, told bool) ([]string, error) {
	ids := make([]string, len(rows))
	var keys []string
	for n, i := range rows {
		r := &j.Rows[i]
		switch {
		case told && r.RemoteID != "":
			ids[n] = r.RemoteID
		case j.Key == recordID:
			ids[n] = r.Key
		default:
			keys = append(keys, j.lookup(i))
		}
	}
	found, err := d.find(ctx, j, j.Remote, j.Key, keys)
	if err != nil {
		return nil, err
	}
	for n, i := range rows {
		if ids[n] == "" {
			ids[n] = found[canonical(j.Key, j.lookup(i))]
		}
	}
	return ids, nil
}

// Find looks records up by their keys.
func (d *Destination) Find(ctx context.Context, to cdp.Delivery, rows []cdp.Delta) ([]string, error) {
	j := newJob(cdp.Batch{Delivery: to, Op: cdp.Add, Rows: rows})
	every := make([]int, len(rows))
	for i := range every {
		every[i] = i
	}
	ids, err := d.locate(ctx, j, every, false)
	return ids, d.unmapped(ctx, to, err)
}

// lookup is the key under which HubSpot has a row.
func (j *job) lookup(i int) string {
	if j.Op == cdp.Rekey {
		return j.Rows[i].OldKey
	}
	return j.Rows[i].Key
}

// find reads the record ids of unique values, by their canonical form; a value without
// record is absent. An address that is a contact's second one counts.
func (d *Destination) find(ctx context.Context, j *job, object, property string, keys []string) (map[string]string, error) {
	type id struct {
		ID string `json:"id"`
	}
	out := map[string]string{}
	loose := map[string]string{} // of values that were not asked for as they are
	asked := map[string]bool{"": true}
	var all []id
	for _, k := range keys {
		if c := canonical(property, k); !asked[c] {
			asked[c] = true
			all = append(all, id{k})
		}
	}
	const others = "hs_additional_emails"
	want := []string{property}
	if object == contacts && property == emailKey {
		want = append(want, others)
	}
	for part := range slices.Chunk(all, maxBatch) {
		a, err := d.post(ctx, objectPath(object, "batch/read"), map[string]any{
			"idProperty": property, "properties": want, "propertiesWithHistory": []string{}, "inputs": part,
		})
		if err != nil {
			return nil, err
		}
		if e, ok := readError(a.Body); a.Status == http.StatusNotFound && ok && e.kind() == cdp.NotFound {
			if err := d.mapping(ctx, j.Delivery); err != nil {
				return nil, err
			}
			continue // none of them
		}
		if !a.OK() {
			return nil, d.refusal(j, a, nil)
		}
		got, err := readBatch(a) // of a 207 the errors are the values that were not found, for one reason or another
		if err != nil {
			return nil, err
		}
		for _, e := range got.Errors {
			if err := j.unread(a, e); err != nil {
				return nil, err
			}
		}
		for _, r := range got.Results {
			for _, k := range append(split(r.property(others)), r.property(property)) {
				if c := canonical(property, k); asked[c] && c != "" {
					out[c] = r.ID
				} else {
					loose[fold(k)] = r.ID
				}
			}
		}
	}
	for _, k := range all {
		c := canonical(property, k.ID)
		if id := loose[fold(c)]; out[c] == "" && id != "" {
			out[c] = id
		}
	}
	return out, nil
}
