package local_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestREADME_Rooms checks that the README names every package, and that the files it links to
// exist.
func TestREADME_Rooms(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	err = fs.WalkDir(os.DirFS("."), ".", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || dir == "." {
			return err
		}
		if d.Name() == "testdata" {
			return fs.SkipDir
		}
		if !strings.Contains(readme, path.Base(dir)+"/") {
			t.Errorf("the README does not name %s", dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(readme, -1)
	if len(links) < 20 {
		t.Fatalf("only %d links were seen", len(links))
	}
	for _, l := range links {
		if _, err := os.Stat(l[1]); err != nil {
			t.Error(err)
		}
	}
}
