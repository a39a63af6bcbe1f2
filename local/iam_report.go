package local

import "orderflow/local/iam"

// IAMUsed lists the grants of the template that calls needed since Open: the counterpart of IAMReport.
func (s *Stack) IAMUsed() []iam.Used { return s.iam.Used() }
