package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/kithdata/kith/internal/sandbox"
)

// A batch is delivered although its sender sees a gateway's time-out.
func Example() {
	s, err := sandbox.Open("", sandbox.Options{Faults: []sandbox.Fault{
		{Path: "/hubspot/crm/v3/objects", Nth: 1, Do: sandbox.AnswerAfter, Status: http.StatusGatewayTimeout},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close() }()
	base, err := s.Serve(context.Background(), "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		req, err := http.NewRequest(http.MethodPost, base+"/hubspot/crm/v3/objects/contacts/batch/upsert", strings.NewReader(
			`{"inputs": [{"id": "ada@example.com", "idProperty": "email", "properties": {"firstname": "Ada"}}]}`))
		if err != nil {
			fmt.Println(err)
			return
		}
		req.Header.Set("Authorization", "Bearer any-token")
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = res.Body.Close()
		contacts, err := s.HubSpot("any-token").Objects("contacts")
		fmt.Println(res.StatusCode, contacts["ada@example.com"].Properties["firstname"], err)
	}
	// Output:
	// 504 Ada <nil>
	// 200 Ada <nil>
}
