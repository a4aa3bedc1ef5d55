package bigquery

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/kithdata/kith/internal/cdp"
)

// message encodes rows for some columns of a table. The types of its fields are those
// that the service takes for each type of column:
// cloud.google.com/bigquery/docs/supported-data-types, checked 2026-11-22.
type message struct {
	proto   *descriptorpb.DescriptorProto
	desc    protoreflect.MessageDescriptor
	columns []*rest.TableFieldSchema
}

func newMessage(schema *rest.TableSchema, columns []string) (*message, error) {
	m := &message{proto: &descriptorpb.DescriptorProto{Name: proto.String("Row")}}
	for i, name := range columns {
		f := find(schema, name)
		if f == nil {
			return nil, fmt.Errorf("the table has no column %q", name)
		}
		typ, ok := fieldTypes[f.Type]
		if !ok {
			return nil, fmt.Errorf("column %s: nothing can be appended to a column of the type %s", f.Name, f.Type)
		}
		label := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
		if f.Mode == "REPEATED" {
			label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED
		}
		m.columns = append(m.columns, f)
		m.proto.Field = append(m.proto.Field, &descriptorpb.FieldDescriptorProto{
			Name: proto.String(f.Name), Number: proto.Int32(int32(i + 1)), Type: typ.Enum(), Label: label.Enum(),
		})
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("row.proto"), Syntax: proto.String("proto2"), MessageType: []*descriptorpb.DescriptorProto{m.proto},
	}, nil)
	if err != nil {
		return nil, err
	}
	m.desc = file.Messages().Get(0)
	return m, nil
}

func find(schema *rest.TableSchema, name string) *rest.TableFieldSchema {
	if schema == nil {
		return nil
	}
	for _, f := range schema.Fields {
		if strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

var fieldTypes = map[string]descriptorpb.FieldDescriptorProto_Type{
	"STRING": descriptorpb.FieldDescriptorProto_TYPE_STRING, "JSON": descriptorpb.FieldDescriptorProto_TYPE_STRING,
	"GEOGRAPHY": descriptorpb.FieldDescriptorProto_TYPE_STRING,
	"INTEGER":   descriptorpb.FieldDescriptorProto_TYPE_INT64, "INT64": descriptorpb.FieldDescriptorProto_TYPE_INT64,
	"FLOAT": descriptorpb.FieldDescriptorProto_TYPE_DOUBLE, "FLOAT64": descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
	"BOOLEAN": descriptorpb.FieldDescriptorProto_TYPE_BOOL, "BOOL": descriptorpb.FieldDescriptorProto_TYPE_BOOL,
	"BYTES":   descriptorpb.FieldDescriptorProto_TYPE_BYTES,
	"NUMERIC": descriptorpb.FieldDescriptorProto_TYPE_STRING, "BIGNUMERIC": descriptorpb.FieldDescriptorProto_TYPE_STRING,
	"DATE":      descriptorpb.FieldDescriptorProto_TYPE_INT32,
	"TIMESTAMP": descriptorpb.FieldDescriptorProto_TYPE_INT64,
}

// encode makes the message of one row. An error names the column, never the value.
func (m *message) encode(row cdp.Row) ([]byte, error) {
	msg := dynamicpb.NewMessage(m.desc)
	fields := m.desc.Fields()
	for i, f := range m.columns {
		if err := set(msg, fields.Get(i), f, row[i]); err != nil {
			return nil, fmt.Errorf("column %s (%s): %w", f.Name, raw(f), err)
		}
	}
	return marshal(msg)
}

func set(msg *dynamicpb.Message, to protoreflect.FieldDescriptor, f *rest.TableFieldSchema, v any) error {
	if f.Mode != "REPEATED" {
		if v == nil {
			if f.Mode == "REQUIRED" {
				return errors.New("null in a column that is REQUIRED")
			}
			return nil
		}
		value, err := protoValue(f, v)
		if err == nil {
			msg.Set(to, value)
		}
		return err
	}
	var items []any
	switch v := v.(type) {
	case nil:
	case []any:
		items = v
	case []uint32:
		for _, n := range v {
			items = append(items, int64(n))
		}
	default:
		return fmt.Errorf("a list is needed, not %T", v)
	}
	list := msg.Mutable(to).List()
	for _, item := range items {
		if item == nil {
			return errors.New("null in a list, which BigQuery cannot keep")
		}
		value, err := protoValue(f, item)
		if err != nil {
			return err
		}
		list.Append(value)
	}
	return nil
}

var (
	minTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	maxTime = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	errType = errors.New("a value of another type")
)

func protoValue(f *rest.TableFieldSchema, v any) (protoreflect.Value, error) {
	var none protoreflect.Value
	switch f.Type {
	case "STRING", "JSON", "GEOGRAPHY":
		text, ok := v.(string)
		if !ok {
			return none, errType
		}
		if !utf8.ValidString(text) {
			return none, errors.New("text that is not UTF-8")
		}
		return protoreflect.ValueOfString(text), nil
	case "BYTES":
		if text, ok := v.(string); ok {
			return protoreflect.ValueOfBytes([]byte(text)), nil
		}
	case "INTEGER", "INT64":
		return integer(v)
	case "FLOAT", "FLOAT64":
		if x, ok := v.(float64); ok {
			return protoreflect.ValueOfFloat64(x), nil
		}
	case "BOOLEAN", "BOOL":
		if x, ok := v.(bool); ok {
			return protoreflect.ValueOfBool(x), nil
		}
	case "NUMERIC", "BIGNUMERIC":
		return number(f, v)
	case "DATE", "TIMESTAMP":
		at, ok := v.(time.Time)
		if !ok {
			return none, errType
		}
		at = at.UTC()
		if at.IsZero() || at.Before(minTime) || at.After(maxTime) {
			return none, errors.New("a time out of range")
		}
		if f.Type == "TIMESTAMP" {
			return protoreflect.ValueOfInt64(at.UnixMicro()), nil
		}
		day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
		return protoreflect.ValueOfInt32(int32(day)), nil
	}
	return none, errType
}

func integer(v any) (protoreflect.Value, error) {
	switch n := v.(type) {
	case int64:
		return protoreflect.ValueOfInt64(n), nil
	case uint64:
		if n > math.MaxInt64 {
			return protoreflect.Value{}, errors.New("a number out of range")
		}
		return protoreflect.ValueOfInt64(int64(n)), nil
	}
	return protoreflect.Value{}, errType
}

// number checks a decimal, which the service takes as text.
func number(f *rest.TableFieldSchema, v any) (protoreflect.Value, error) {
	var none protoreflect.Value
	text, ok := v.(string)
	if !ok {
		return none, errType
	}
	t := decimalOf(f)
	if f.Precision == 0 && f.Type == "NUMERIC" {
		t.Precision = 29 + t.Scale
	}
	whole, fraction, _ := strings.Cut(strings.TrimLeft(strings.TrimLeft(text, "+-"), "0"), ".")
	if _, ok := new(big.Rat).SetString(text); !ok || strings.ContainsAny(text, "/eEpPxX_") {
		return none, errors.New("text that is no decimal")
	}
	if len(strings.TrimRight(fraction, "0")) > t.Scale {
		return none, fmt.Errorf("more than %d digits behind the point", t.Scale)
	}
	if len(whole) > t.Precision-t.Scale {
		return none, errors.New("a number out of range")
	}
	return protoreflect.ValueOfString(text), nil
}

// ended is nil for the error that says that a stream came to its end.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
