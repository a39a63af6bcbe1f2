package local

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/dynamodb"
)

// createTables also learns the ARNs of the streams, which only the tables know, and resolves the
// template again with them.
func (s *Stack) createTables(ctx context.Context) error {
	streams := map[string]string{}
	for _, t := range s.template.Tables {
		arn, err := s.ensureTable(ctx, t.Name, t.Create)
		if err != nil {
			return fmt.Errorf("table %s: %w", t.LogicalID, err)
		}
		if arn != "" {
			streams[t.Name] = arn
		}
	}
	if len(streams) == 0 {
		return nil
	}
	resolved, err := s.load(streams)
	if err != nil {
		return err
	}
	s.template = resolved
	return nil
}

// ensureTable creates a table, or brings an existing one up to date. It returns the ARN of its
// stream, if it has one.
func (s *Stack) ensureTable(ctx context.Context, name string, create json.RawMessage) (stream string, err error) {
	var spec dynamodb.TableSpec
	if err := json.Unmarshal(create, &spec); err != nil {
		return "", fmt.Errorf("read table: %w", err)
	}
	if err := s.dynamodb.EnsureTable(spec); err != nil {
		return "", err
	}
	out, err := s.call(ctx, "dynamodb", "DescribeTable", map[string]string{"TableName": name})
	if err != nil {
		return "", err
	}
	var described struct {
		Table struct {
			LatestStreamArn     string
			StreamSpecification struct{ StreamEnabled bool }
		}
	}
	if err := json.Unmarshal(out, &described); err != nil {
		return "", fmt.Errorf("read description of table: %w", err)
	}
	if !described.Table.StreamSpecification.StreamEnabled {
		return "", nil
	}
	return described.Table.LatestStreamArn, nil
}
