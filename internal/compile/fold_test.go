package compile_test

import (
	"testing"
	"time"
)

// TestJobsAreCounted: where a destination answers with jobs, a run may close those of the run
// before, which reads the baseline once more and folds: what a run reads is estimated with it.
func TestJobsAreCounted(t *testing.T) {
	c := oddProject(t, "bq")
	count := func(age time.Duration) (folds, gathers int) {
		specs := specsOf(c)
		for name, s := range specs {
			s.Limits.JobAge = age
			specs[name] = s
		}
		for _, s := range c.All(specs) {
			switch s.Name {
			case "fold_merge":
				folds++
			case "job_rows_gather":
				gathers++
			}
		}
		return folds, gathers
	}
	syncs := len(c.Project().Syncs)
	if folds, gathers := count(0); folds != syncs || gathers != 0 {
		t.Errorf("without jobs: %d folds, %d gathers of %d syncs", folds, gathers, syncs)
	}
	if folds, gathers := count(time.Hour); folds != 2*syncs || gathers != syncs {
		t.Errorf("with jobs: %d folds, %d gathers of %d syncs", folds, gathers, syncs)
	}
}
