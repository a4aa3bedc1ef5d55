package clickhouse

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
)

// jsonText returns the function that makes the text of a JSON value from what the
// driver gives for t. NULL is nil. Names in objects are sorted; decimals and
// integers over 64 bits are strings, NaN and the infinities null, times RFC 3339.
func jsonText(t typ) func(any) any {
	return func(v any) any {
		v = jsonValue(t, v)
		if raw, ok := v.(json.RawMessage); ok {
			return string(raw)
		}
		if v == nil {
			return nil
		}
		b, err := json.Marshal(v)
		if err != nil { // a map with keys that JSON does not have
			b, _ = json.Marshal(fmt.Sprint(v))
		}
		return string(b)
	}
}

// jsonValue is v in the types of package json.
func jsonValue(t typ, v any) any {
	rv := reflect.ValueOf(v)
	if v == nil || rv.Kind() == reflect.Pointer && rv.IsNil() {
		return nil
	}
	if n, ok := v.(interface{ Nil() bool }); ok && n.Nil() { // a Variant or Dynamic
		return nil
	}
	switch t.name {
	case "JSON":
		switch v := v.(type) {
		case string:
			return json.RawMessage(v)
		case []byte:
			return json.RawMessage(v)
		}
		return v
	case "Variant", "Dynamic", "Object":
		return v
	case "Array":
		return jsonList(parseType(t.args[0]), rv)
	case "Nested":
		return jsonList(typ{name: "Tuple", args: t.args}, rv)
	case "Tuple":
		return jsonTuple(t, rv)
	case "Map":
		object := make(map[string]any, rv.Len())
		for _, k := range rv.MapKeys() {
			object[fmt.Sprint(converter(parseType(t.args[0]))(k.Interface()))] = jsonValue(parseType(t.args[1]), rv.MapIndex(k).Interface())
		}
		return object
	}
	switch c := converter(t)(v).(type) {
	case float64:
		if math.IsNaN(c) || math.IsInf(c, 0) {
			return nil
		}
		return c
	case time.Time:
		if strings.HasPrefix(t.name, "Date") && !strings.HasPrefix(t.name, "DateTime") {
			return c.Format(time.DateOnly)
		}
		return c.Format(time.RFC3339Nano)
	default:
		return c
	}
}

func jsonList(elem typ, rv reflect.Value) any {
	if rv.Kind() != reflect.Slice {
		return rv.Interface()
	}
	list := make([]any, rv.Len())
	for i := range list {
		list[i] = jsonValue(elem, rv.Index(i).Interface())
	}
	return list
}

// jsonTuple makes an object of a tuple with names and a list of one without.
func jsonTuple(t typ, rv reflect.Value) any {
	switch rv.Kind() {
	case reflect.Slice:
		list := make([]any, rv.Len())
		for i := range list {
			list[i] = jsonValue(parseType(t.args[min(i, len(t.args)-1)]), rv.Index(i).Interface())
		}
		return list
	case reflect.Map:
		types := map[string]typ{}
		for _, arg := range t.args {
			name, elem := splitName(arg)
			types[name] = parseType(elem)
		}
		object := make(map[string]any, rv.Len())
		for _, k := range rv.MapKeys() {
			object[k.String()] = jsonValue(types[k.String()], rv.MapIndex(k).Interface())
		}
		return object
	}
	return rv.Interface()
}

// splitName splits "name Type" of a Tuple; the name may be in backticks.
func splitName(arg string) (name, elem string) {
	if strings.HasPrefix(arg, "`") {
		for i := 1; i < len(arg); i++ {
			switch arg[i] {
			case '\\':
				i++
			case '`':
				return strings.NewReplacer(`\\`, `\`, "\\`", "`").Replace(arg[1:i]), strings.TrimSpace(arg[i+1:])
			}
		}
	}
	name, elem, _ = strings.Cut(arg, " ")
	return name, elem
}
