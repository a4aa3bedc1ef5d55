package bigquery

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	bq "cloud.google.com/go/bigquery"
	"cloud.google.com/go/civil"
	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/api/iterator"

	"github.com/kithdata/kith/internal/cdp"
)

// fast is a result that comes by the Storage Read API.
type fast struct {
	rows *bq.RowIterator
	stop context.CancelFunc
}

// accelerated opens the result of a job in the Storage Read API. It is nil where
// that is refused: without the right bigquery.readsessions.create, say.
func (w *Warehouse) accelerated(ctx context.Context, ref *rest.JobReference) *fast {
	if ref == nil {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	job, err := w.reader.JobFromProject(ctx, ref.ProjectId, ref.JobId, ref.Location)
	if err == nil {
		var rows *bq.RowIterator
		if rows, err = job.Read(ctx); err == nil && rows.IsAccelerated() {
			return &fast{rows, stop}
		}
	}
	stop()
	return nil
}

func (f *fast) stream(yield func(cdp.Row, error) bool) (bool, error) {
	defer f.close()
	var cells []bq.Value
	row := make(cdp.Row, len(f.rows.Schema))
	for {
		err := f.next(&cells)
		if errors.Is(err, iterator.Done) {
			return true, nil
		}
		if err != nil {
			return true, err
		}
		for i, field := range f.rows.Schema {
			if row[i], err = arrowValue(field, cells[i]); err != nil {
				return true, fmt.Errorf("column %s: %w", field.Name, err)
			}
		}
		if !yield(row, nil) {
			return false, nil
		}
	}
}

// next turns a panic of the client, which an empty batch causes (iterator.go of
// v1.86.2), into an error.
func (f *fast) next(cells *[]bq.Value) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the Storage Read API sent what cannot be read: %v", p)
		}
	}()
	return f.rows.Next(cells)
}

// close ends the streams. The client's goroutines each hold one batch that nobody
// takes any more; its channel has room for them once it is empty.
func (f *fast) close() {
	f.stop()
	batches, err := f.rows.ArrowIterator()
	for err == nil {
		_, err = batches.Next()
	}
}

// arrowValue brings a value of the client into the form of cdp.Row.
func arrowValue(f *bq.FieldSchema, v bq.Value) (any, error) {
	if list, ok := v.([]bq.Value); ok && f.Repeated {
		one := *f
		one.Repeated = false
		out := make([]any, len(list))
		for i, item := range list {
			var err error
			if out[i], err = arrowValue(&one, item); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	switch v := v.(type) {
	case nil:
		if f.Repeated {
			return []any{}, nil
		}
		return nil, nil
	case string, bool, int64, float64:
		return v, nil
	case []byte:
		return string(v), nil
	case time.Time:
		return v.UTC(), nil
	case civil.Date:
		return v.In(time.UTC), nil
	case civil.DateTime:
		return v.In(time.UTC), nil
	case *big.Rat:
		return trimZeros(v.FloatString(38)), nil
	case fmt.Stringer:
		return v.String(), nil
	case []bq.Value:
		return arrowRecord(f, v)
	}
	return nil, fmt.Errorf("a value of the type %T cannot be read", v)
}

func arrowRecord(f *bq.FieldSchema, values []bq.Value) (any, error) {
	if len(values) != len(f.Schema) {
		return nil, fmt.Errorf("%d values for %d fields", len(values), len(f.Schema))
	}
	var o object
	for i, field := range f.Schema {
		v, err := arrowValue(field, values[i])
		if err != nil {
			return nil, err
		}
		mode := ""
		if field.Repeated {
			mode = "REPEATED"
		}
		o.names = append(o.names, field.Name)
		o.values = append(o.values, inJSON(&rest.TableFieldSchema{Type: string(field.Type), Mode: mode}, v))
	}
	text, err := o.MarshalJSON()
	return string(text), err
}
