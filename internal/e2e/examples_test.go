package e2e

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

// example copies an example into a folder of its own.
func example(t *testing.T, name string) *testkit.Project {
	t.Helper()
	dir := filepath.Join(testkit.Root(t), "examples", name)
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name()[0] == '.' {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".yml" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		files[rel] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return testkit.NewProject(t, files)
}

// TestExamples: every example says what it is, and is valid.
func TestExamples(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testkit.Root(t), "examples")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(dir, e.Name(), "README.md")); err != nil {
			t.Error(err)
		}
		if r := example(t, e.Name()).Run(nil, "validate"); r.Code != 0 {
			t.Errorf("%s: exit %d\n%s%s", e.Name(), r.Code, r.Out, r.Err)
		}
	}
	if len(entries) < 2 {
		t.Errorf("%d examples", len(entries))
	}
}

// customer is what CDNOW's file says of one customer.
type customer struct {
	spent       *big.Rat
	purchases   int
	cds         int
	first, last string // YYYY-MM-DD
}

// readCDNOW reads the purchases by another way than kith.
func readCDNOW(t *testing.T, path string) map[string]*customer {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	out := map[string]*customer{}
	lines := bufio.NewScanner(f)
	lines.Scan() // the header
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		date := words[1][:4] + "-" + words[1][4:6] + "-" + words[1][6:]
		cds, err := strconv.Atoi(words[2])
		if err != nil {
			t.Fatal(err)
		}
		dollars, ok := new(big.Rat).SetString(words[3])
		if !ok {
			t.Fatalf("%q is no amount", words[3])
		}
		c := out[words[0]]
		if c == nil {
			c = &customer{spent: new(big.Rat), first: date, last: date}
			out[words[0]] = c
		}
		c.spent.Add(c.spent, dollars)
		c.purchases, c.cds = c.purchases+1, c.cds+cds
		c.first, c.last = min(c.first, date), max(c.last, date)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestExampleCDNOW finds the lapsed big spenders among real customers, and finds
// nothing new when it looks again.
func TestExampleCDNOW(t *testing.T) {
	t.Parallel()
	data := filepath.Join(testkit.Shared(t), "data/cdnow/CDNOW_master.txt")
	p := example(t, "cdnow")
	p.Engine()
	p.Kith("seed", data, "--source", "purchases", "--row-number", "row_number")
	const asOf, ago180 = "1998-07-01T00:00:00Z", "1998-01-02"
	first := parse(t, p.Kith("run", "--json", "--as-of", asOf))
	want := readCDNOW(t, data)

	var spent []*big.Rat
	for _, c := range want {
		spent = append(spent, c.spent)
	}
	slices.SortFunc(spent, (*big.Rat).Cmp)
	// Who ties with the poorest of the top fifth may be in or out of it.
	border := spent[len(spent)-len(spent)/5]
	must, may := 0, 0
	for _, c := range want {
		if c.last <= ago180 && c.spent.Cmp(border) > 0 {
			must++
		}
		if c.last <= ago180 && c.spent.Cmp(border) >= 0 {
			may++
		}
	}
	got := replay(t, filepath.Join(p.Dir, "exports"), "win_back")
	if len(got) < must || len(got) > may || must < 500 {
		t.Errorf("%d lapsed big spenders, want %d to %d", len(got), must, may)
	}
	for _, line := range got {
		c, ok := want[line.Key]
		if !ok {
			t.Fatalf("%s is no customer", line.Key)
		}
		var row struct {
			Spent          json.Number
			Purchases, CDs int
			First          string `json:"first_purchase"`
			Last           string `json:"last_purchase"`
			RFM            string
		}
		if err := json.Unmarshal(line.Fields, &row); err != nil {
			t.Fatal(err)
		}
		amount, _ := new(big.Rat).SetString(row.Spent.String())
		if amount == nil || amount.Cmp(c.spent) != 0 || row.Purchases != c.purchases || row.CDs != c.cds || row.First != c.first || row.Last != c.last ||
			!strings.HasSuffix(row.RFM, "5") || c.last > ago180 {
			t.Errorf("customer %s: got %s, want %+v", line.Key, line.Fields, c)
		}
	}
	if s := first.Syncs[0]; s.Delivered != uint64(len(got)) {
		t.Errorf("first run: %+v", s)
	}
	if s := parse(t, p.Kith("run", "--json", "--as-of", asOf)).Syncs[0]; s.Added+s.Changed+s.Removed+s.Requests != 0 {
		t.Errorf("second run without a change: %+v", s)
	}
}

// TestExamplePeople measures the exact rules against the ground truth. The floors
// are those of the best deterministic rule without closure; with closure F1 .962 and
// .577 were computed when they were set.
func TestExamplePeople(t *testing.T) {
	t.Parallel()
	p := people(t, "people")
	for _, x := range []struct {
		truth truth
		f1    float64
	}{{febrl(t), .951}, {fake1000(t), .538}} {
		precision, f1 := x.truth.measure(t, p)
		if precision != 1 || f1 < x.f1 {
			t.Errorf("%s: precision %.4f, F1 %.4f; want 1 and at least %.3f", x.truth.object, precision, f1, x.f1)
		}
	}
}

// TestExampleMatching measures the same with probable ties and default settings; when
// the floors were set F1 was 1.000 and .89.
func TestExampleMatching(t *testing.T) {
	t.Parallel()
	p := people(t, "matching")
	for _, x := range []struct {
		truth         truth
		precision, f1 float64
	}{{febrl(t), .999, .995}, {fake1000(t), .98, .80}} {
		precision, f1 := x.truth.measure(t, p)
		if precision < x.precision || f1 < x.f1 {
			t.Errorf("%s: precision %.4f, F1 %.4f; want at least %.3f and %.3f", x.truth.object, precision, f1, x.precision, x.f1)
		}
	}
	checkReview(t, p)
}

// people loads the two sets into an example and runs it.
func people(t *testing.T, name string) *testkit.Project {
	t.Helper()
	p := example(t, name)
	p.Engine()
	p.Kith("seed", febrl(t).file, "--source", "febrl")
	p.Kith("seed", fake1000(t).file, "--source", "fake_1000")
	t.Log(p.Kith("run"))
	return p
}

// truth is a set of records of which it is known who they are.
type truth struct {
	object, file string
	of           func(row []string) (record, person string)
}

func febrl(t *testing.T) truth {
	number := regexp.MustCompile(`^rec-([0-9]+)-`) // rec-1496-org and rec-1496-dup-3 are the same person
	return truth{"citizens", filepath.Join(testkit.Shared(t), "data/febrl/dataset3.csv"), func(row []string) (string, string) {
		return row[0], number.FindStringSubmatch(row[0])[1]
	}}
}

func fake1000(t *testing.T) truth {
	return truth{"contacts", filepath.Join(testkit.Shared(t), "data/fake_1000/fake_1000.csv"), func(row []string) (string, string) {
		return "record " + row[0], row[len(row)-1]
	}}
}

func (x truth) measure(t *testing.T, p *testkit.Project) (precision, f1 float64) {
	t.Helper()
	truth := map[string]string{}
	for _, row := range readCSV(t, x.file) {
		record, person := x.of(row)
		truth[record] = person
	}
	found := clusters(t, filepath.Join(p.Dir, "exports"), x.object)
	if len(found) != len(truth) {
		t.Errorf("%s: %d records are somebody's, there are %d", x.object, len(found), len(truth))
	}
	precision, recall := pairwise(found, truth)
	f1 = 2 * precision * recall / (precision + recall)
	t.Logf("%s: precision %.4f, recall %.4f, F1 %.4f", x.object, precision, recall, f1)
	return precision, f1
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	r := csv.NewReader(f)
	r.TrimLeadingSpace = true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// clusters reads who each record is, from the records that each exported person has.
func clusters(t *testing.T, dir, object string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for id, line := range replay(t, dir, object) {
		var row struct{ Records []string }
		if err := json.Unmarshal(line.Fields, &row); err != nil {
			t.Fatal(err)
		}
		for _, record := range row.Records {
			if other, twice := out[record]; twice {
				t.Errorf("record %s is of %s and of %s", record, other, id)
			}
			out[record] = id
		}
	}
	return out
}

// pairwise is the precision and the recall of the pairs of records that are together.
func pairwise(found, truth map[string]string) (precision, recall float64) {
	pairs := func(of func(record string) string) (n int) {
		size := map[string]int{}
		for record := range truth {
			size[of(record)]++
		}
		for _, k := range size {
			n += k * (k - 1) / 2
		}
		return n
	}
	both := pairs(func(r string) string { return found[r] + "\x00" + truth[r] })
	return float64(both) / float64(pairs(func(r string) string { return found[r] })), float64(both) / float64(pairs(func(r string) string { return truth[r] }))
}
