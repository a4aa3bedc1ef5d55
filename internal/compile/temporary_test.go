package compile

import "testing"

// TestTemporary: what kith makes for a while is known by the id of its run; what only begins like
// it is somebody else's.
func TestTemporary(t *testing.T) {
	t.Parallel()
	const run = "20261122t153000_1f2e3d4c"
	for name, want := range map[string]Temporary{
		"scratch_" + run + "_people_desired":               {Run: run, Scratch: true},
		"scratch_" + run + "_identity_person_nodes":        {Run: run, Scratch: true},
		"scratch_" + run + "_people_baseline_acks":         {Run: run, Scratch: true},
		"scratch_fold_baseline_people":                     {Scratch: true},
		"scratch_fold_scratch_" + run + "_people_baseline": {Run: run, Scratch: true},
		"scratch_fold_baseline_people_0123456789abcdef":    {Scratch: true},
		"scratch_jobs_baseline_people_0123456789abcdef":    {Scratch: true},
		"scratch_check_0a1b2c3d":                           {Scratch: true},
		"_tmp_replace_0b49d83532f82253_qaeubplt3e3a1612":   {Scratch: true},
		"_tmp_replace_0b49d83532f82253_1f2e":               {Scratch: true},
		"changeset_people_" + run:                          {Run: run},
		"changeset_people_" + run + "_raw":                 {Run: run},
		"profile_person_" + run:                            {Run: run, Build: true},
		"identity_person_map_" + run:                       {Run: run, Build: true},
		"entity_person_" + run:                             {Run: run, Build: true},
		"entity_person_" + run + "_replay":                 {Run: run},
	} {
		if got, ok := TemporaryOf(name); !ok || got != want {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
	for _, name := range []string{
		"profile_events", "entity_lookup", "identity_docs", "changeset_log", "scratch_pad", "scratch_fold_1", "scratch_check_list", "scratch_check_0a1b2c3d4", "scratch_jobs_baseline_people", "scratch_jobs_baseline_people_0123456789ABCDEF", "scratch_jobs_people_0123456789abcdef",
		"identity_audit", "identity_collisions", "entity_merges", "baseline_people_" + run, "profile_" + run, "profile_person_20261122", "profile_person_" + run + "_copy",
		"my_scratch_" + run + "_x", "profile_person_20261122t153000_1F2E3D4C", "changeset_people_" + run + "_raw_copy", "_tmp_replace_pad", "_tmp_replace_0b49d83532f82253", "",
	} {
		if got, ok := TemporaryOf(name); ok {
			t.Errorf("%s is taken for one of run %q", name, got.Run)
		}
	}
}
