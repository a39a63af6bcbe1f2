package orderflow

import _ "embed"

// Template is template.yaml, the only description of the system: AWS deploys it, and a local system
// is wired from it.
//
//go:embed template.yaml
var Template []byte
