package asltest

import (
	"os"
	"testing"
)

// TestRecorded replays the executions recorded against AWS. They are not part of the repository:
// RECORDED_CASES names their folder.
func TestRecorded(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("RECORDED_CASES")
	if dir == "" {
		t.Skip("RECORDED_CASES is not set: the recorded executions are not replayed")
	}
	checkAll(t, dir)
}

// checkAll replays all cases of a folder. A folder without cases is a failure.
func checkAll(t *testing.T, dir string) {
	t.Helper()
	files, err := Files([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int)
	reasons := make(map[string]int)
	for _, f := range files {
		c, err := Load(f)
		if err != nil {
			t.Error(err)
			continue
		}
		r := Check(c)
		counts[r.Outcome]++
		reasons[r.Reason]++
		if r.Outcome == Fail {
			t.Errorf("%s: %v", r.Name, r.Diffs)
		}
	}
	delete(reasons, "")
	t.Logf("recorded: %d passed, %d failed, %d left out %v", counts[Pass], counts[Fail], counts[LeftOut], reasons)
}
