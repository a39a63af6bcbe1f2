package states

import "context"

// This service has no versions, aliases, activities and Map Runs. Their listings are empty instead
// of failing, because tools call them on every refresh.

// listInput is the request of such a listing.
type listInput struct {
	StateMachineARN string `json:"stateMachineArn,omitempty"`
	ExecutionARN    string `json:"executionArn,omitempty"`
	MaxResults      int    `json:"maxResults,omitempty"`
	NextToken       string `json:"nextToken,omitempty"`
}

func (in *listInput) check() error {
	if _, err := pageSize(in.MaxResults); err != nil {
		return err
	}
	if in.NextToken != "" { // no token was ever issued
		return errInvalidToken
	}
	return nil
}

type versionList struct {
	Versions []struct{} `json:"stateMachineVersions"`
}

type aliasList struct {
	Aliases []struct{} `json:"stateMachineAliases"`
}

type activityList struct {
	Activities []struct{} `json:"activities"`
}

type mapRunList struct {
	MapRuns []struct{} `json:"mapRuns"`
}

func (s *Service) listVersions(_ context.Context, in listInput) (versionList, error) {
	return versionList{[]struct{}{}}, s.checkMachineList(in)
}

func (s *Service) listAliases(_ context.Context, in listInput) (aliasList, error) {
	return aliasList{[]struct{}{}}, s.checkMachineList(in)
}

func (s *Service) listActivities(_ context.Context, in listInput) (activityList, error) {
	return activityList{[]struct{}{}}, in.check()
}

func (s *Service) listMapRuns(_ context.Context, in listInput) (mapRunList, error) {
	if err := in.check(); err != nil {
		return mapRunList{}, err
	}
	_, err := inside(s, in.ExecutionARN, s.execution)
	return mapRunList{[]struct{}{}}, err
}

func (s *Service) checkMachineList(in listInput) error {
	if err := in.check(); err != nil {
		return err
	}
	_, err := inside(s, in.StateMachineARN, s.machine)
	return err
}
