package orderflow

import _ "embed"

// Template is template.yaml, the one description of the system: AWS deploys it, and one machine wires itself from it.
//
//go:embed template.yaml
var Template []byte
