package datamanager

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// magic is the hash of the address that is refused, always.
func magic() string {
	sum := sha256.Sum256([]byte("no@rejected.example"))
	return hex.EncodeToString(sum[:])
}

// issuer is the e-mail address of the service account that signed an assertion. The signature is not checked: the
// sandbox has no key of anybody.
func issuer(assertion string) string {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 || parts[2] == "" {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Issuer string `json:"iss"`
		Scope  string `json:"scope"`
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil || !strings.Contains(claims.Scope, "auth/datamanager") {
		return ""
	}
	return claims.Issuer
}

func (l *list) doc() object {
	return object{
		"name": l.Path + "/userLists/" + l.ID, "id": l.ID, "displayName": l.Name, "membershipDuration": l.Days, "membershipStatus": "OPEN", "accessReason": "OWNED",
		"ingestedUserListInfo": object{"uploadKeyTypes": []string{"CONTACT_ID"}, "contactIdInfo": object{"dataSourceType": "DATA_SOURCE_TYPE_FIRST_PARTY"}},
	}
}

func getList(id string) action {
	return func(_ *fake.Tx, a *account) fake.Reply {
		if l := a.lists[id]; l != nil {
			return answer(http.StatusOK, l.doc())
		}
		return refuse(http.StatusNotFound, "NOT_FOUND", "Requested entity was not found.")
	}
}

// findLists reads the one filter that is played: display_name = "name", in which * is any text.
func findLists(filter string) action {
	name := ""
	if filter != "" {
		field, value, ok := strings.Cut(filter, "=")
		if strings.TrimSpace(field) != "display_name" || !ok || json.Unmarshal([]byte(strings.TrimSpace(value)), &name) != nil {
			return refused("INVALID_FILTER", "The filter is invalid.")
		}
	}
	parts := strings.Split(name, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	pattern := regexp.MustCompile("(?s)^" + strings.Join(parts, ".*") + "$")
	return func(_ *fake.Tx, a *account) fake.Reply {
		out := []object{}
		for _, id := range slices.Sorted(maps.Keys(a.lists)) {
			if l := a.lists[id]; filter == "" || pattern.MatchString(l.Name) {
				out = append(out, l.doc())
			}
		}
		return answer(http.StatusOK, object{"userLists": out})
	}
}

func createList(r fake.Request, path string) action {
	var in struct {
		Name string `json:"displayName"`
		Days string `json:"membershipDuration"`
		Info struct {
			Keys []string `json:"uploadKeyTypes"`
		} `json:"ingestedUserListInfo"`
	}
	if json.Unmarshal(r.Body, &in) != nil || strings.TrimSpace(in.Name) == "" {
		return refused("INVALID_DISPLAY_NAME", "The display name is missing.")
	}
	if seconds, err := strconv.Atoi(strings.TrimSuffix(in.Days, "s")); in.Days != "" && (err != nil || seconds%86_400 != 0) {
		return refused("INVALID_ARGUMENT", "The membership duration is not a number of days.")
	}
	if !slices.Contains(in.Info.Keys, "CONTACT_ID") {
		return refused("REQUIRED_FIELD_MISSING", "The upload key types are missing.")
	}
	return func(tx *fake.Tx, a *account) fake.Reply {
		for _, l := range a.lists {
			if l.Name == in.Name {
				return refuse(http.StatusBadRequest, "DISPLAY_NAME_ALREADY_USED", "The display name is used.")
			}
		}
		l := &list{ID: strconv.FormatInt(8_000_000+a.next(tx), 10), Path: path, Name: in.Name, Days: in.Days}
		a.lists[l.ID] = l
		a.write(tx, opList, l)
		return answer(http.StatusOK, l.doc())
	}
}
