package webhook

import (
	"strconv"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// atLayout is a time as in the warehouse: microseconds, UTC.
const atLayout = "2006-01-02T15:04:05.999999Z07:00"

// appendBatch appends the body of a call. The fields are JSON already and go in as
// they are.
func appendBatch(dst []byte, b *cdp.Batch) []byte {
	dst = destination.AppendString(append(dst, `{"sync":`...), b.Sync)
	dst = append(append(append(dst, ',', '"'), b.Kind...), '"', ':') // object, audience or event
	dst = destination.AppendString(dst, b.Remote)
	dst = destination.AppendString(append(dst, `,"run":`...), b.Run)
	dst = strconv.AppendUint(append(dst, `,"batch":`...), uint64(b.Number), 10)
	dst = append(dst, `,"rows":[`...)
	for i := range b.Rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRow(dst, b.Kind, &b.Rows[i])
	}
	return append(dst, ']', '}')
}

func appendRow(dst []byte, kind cdp.RemoteKind, r *cdp.Delta) []byte {
	dst = append(append(dst, `{"op":"`...), r.Op.String()...)
	dst = append(dst, '"')
	if r.Op == cdp.Remove {
		dst = destination.AppendString(append(dst, `,"action":`...), string(r.Action))
		dst = destination.AppendString(append(dst, `,"reason":`...), r.Reason.String())
	}
	dst = destination.AppendString(append(dst, `,"row_id":`...), r.RowID)
	dst = destination.AppendString(append(dst, `,"key":`...), r.Key)
	if r.Op == cdp.Rekey {
		dst = destination.AppendString(append(dst, `,"old_key":`...), r.OldKey)
	}
	if r.RemoteID != "" {
		dst = destination.AppendString(append(dst, `,"remote_id":`...), r.RemoteID)
	}
	dst = destination.AppendString(append(dst, `,"idempotency_key":`...), r.IdempotencyKey)
	dst = destination.AppendObject(append(dst, `,"fields":`...), r.Fields)
	if kind != cdp.Object && len(r.Match) > 0 {
		dst = destination.AppendObject(append(dst, `,"match":`...), r.Match)
	}
	if kind == cdp.EventTo {
		dst = append(dst, `,"at":"`...)
		dst = append(r.At.UTC().AppendFormat(dst, atLayout), '"')
	}
	return append(dst, '}')
}
