package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
)

// inlined are the elements of console/index.html that are replaced with the content of a file.
var inlined = []struct {
	tag         *regexp.Regexp
	open, close string
}{
	{regexp.MustCompile(`<link rel="stylesheet" href="([^"]+)">`), "<style>", "</style>"},
	{regexp.MustCompile(`<script src="([^"]+)"></script>`), "<script>", "</script>"},
	{regexp.MustCompile(`<template id="graph" data-src="([^"]+)"></template>`), `<template id="graph">`, "</template>"},
}

// pictureStyle matches the style sheet of a picture. The page's policy allows only its own, which
// has the rules of the picture's too.
var pictureStyle = regexp.MustCompile(`(?s)<style>.*?</style>`)

// console returns the operators' console as one page: index.html with its style sheet, scripts and
// picture inside. root holds the folders console and docs.
func console(root fs.FS) ([]byte, error) {
	page, err := fs.ReadFile(root, "console/index.html")
	if err != nil {
		return nil, fmt.Errorf("read console: %w", err)
	}
	for _, part := range inlined {
		page = part.tag.ReplaceAllFunc(page, func(tag []byte) []byte {
			name := path.Join("console", string(part.tag.FindSubmatch(tag)[1]))
			content, readErr := fs.ReadFile(root, name)
			if path.Ext(name) == ".svg" {
				content = pictureStyle.ReplaceAll(content, nil)
			}
			if readErr == nil && bytes.Contains(content, []byte(part.close)) {
				readErr = fmt.Errorf("%s contains %s", name, part.close)
			}
			if readErr != nil {
				err = readErr
			}
			return []byte(part.open + "\n" + string(content) + part.close)
		})
		if err != nil {
			return nil, fmt.Errorf("assemble console: %w", err)
		}
	}
	return page, nil
}
