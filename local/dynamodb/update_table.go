package dynamodb

import (
	"context"
	"fmt"
	"slices"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// indexUpdate has one member.
type indexUpdate struct {
	Create *IndexSpec
	Delete *struct{ IndexName string }
	Update *struct {
		IndexName             string
		ProvisionedThroughput *Throughput
	}
}

// name is the name of the index that the update is about; member is the member that is set, as
// messages write it, and members how many are.
func (u *indexUpdate) name() (name, member string, members int) {
	if u.Create != nil {
		name, member, members = u.Create.IndexName, "create", members+1
	}
	if u.Delete != nil {
		name, member, members = u.Delete.IndexName, "delete", members+1
	}
	if u.Update != nil {
		name, member, members = u.Update.IndexName, "update", members+1
	}
	return name, member, members
}

type updateTableInput struct {
	tableInput
	AttributeDefinitions        []AttributeDefinition
	BillingMode                 parameter
	TableClass                  parameter
	ProvisionedThroughput       *Throughput
	DeletionProtectionEnabled   *bool
	StreamSpecification         *StreamSpecification
	GlobalSecondaryIndexUpdates []indexUpdate

	ReplicaUpdates, SSESpecification any
}

func (s *Service) updateTable(_ context.Context, in updateTableInput) (*tableOutput, error) {
	name, err := in.name()
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	t, err := s.reshape(name, in.apply)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return &tableOutput{t.describe()}, nil
}

// check checks what does not depend on the table.
func (in *updateTableInput) check() error {
	if err := in.bounds(); err != nil {
		return err
	}
	if in.ReplicaUpdates != nil || in.SSESpecification != nil {
		return awsapi.NotImplemented("dynamodb:UpdateTable with ReplicaUpdates or SSESpecification")
	}
	if in.ProvisionedThroughput == nil && !in.BillingMode.given && !in.TableClass.given &&
		in.DeletionProtectionEnabled == nil &&
		in.StreamSpecification == nil && len(in.GlobalSecondaryIndexUpdates) == 0 {
		return validation("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, " +
			"GlobalSecondaryIndexUpdates or SSESpecification " +
			"or ReplicaUpdates is required")
	}
	if st := in.StreamSpecification; st != nil && !st.enabled() && st.StreamViewType != "" {
		return validation("One or more parameter values were invalid: If stream is being disabled, then " +
			"UpdateViewType must not be specified")
	}
	if in.BillingMode.text == "PROVISIONED" && in.ProvisionedThroughput == nil {
		return validation("One or more parameter values were invalid: ProvisionedThroughput must be specified when " +
			"BillingMode is PROVISIONED")
	}
	if in.ProvisionedThroughput != nil {
		if err := in.ProvisionedThroughput.check(); err != nil {
			return err
		}
	}
	return in.checkIndexes()
}

func (in *updateTableInput) bounds() error {
	var v violations
	v.definitions(in.AttributeDefinitions)
	v.throughput(in.ProvisionedThroughput, "provisionedThroughput")
	v.enum(in.BillingMode, "billingMode", billingModes)
	v.enum(in.TableClass, "tableClass", tableClasses)
	if st := in.StreamSpecification; st != nil {
		v.require(st.StreamEnabled != nil, "streamSpecification.streamEnabled")
		v.optional(st.StreamViewType, "streamSpecification.streamViewType", viewTypes)
	}
	for i, u := range in.GlobalSecondaryIndexUpdates {
		name, kind, _ := u.name()
		member := fmt.Sprintf("globalSecondaryIndexUpdates.%d.member.%s.", i+1, kind)
		switch kind {
		case "create":
			u.Create.bounds(&v, member)
		case "update":
			v.require(u.Update.ProvisionedThroughput != nil, member+"provisionedThroughput")
			v.throughput(u.Update.ProvisionedThroughput, member+"provisionedThroughput")
			v.index(name, member+"indexName")
		case "delete":
			v.index(name, member+"indexName")
		}
	}
	return v.err()
}

func (in *updateTableInput) checkIndexes() error {
	seen := map[string]bool{}
	for _, u := range in.GlobalSecondaryIndexUpdates {
		name, _, members := u.name()
		switch {
		case members == 0:
			return validation("One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, " +
				"GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null")
		case members > 1:
			return validation("One or more parameter values were invalid: Only one of GlobalSecondaryIndexUpdate.Update, " +
				"GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete may be specified")
		case seen[name]:
			return validation("One or more parameter values were invalid: Only one global secondary index update per "+
				"index is allowed simultaneously. Index: %s", name)
		}
		seen[name] = true
	}
	return nil
}

// apply changes a table's specification.
func (in *updateTableInput) apply(spec *TableSpec) error {
	if err := in.applyBilling(spec); err != nil {
		return err
	}
	if in.TableClass.given {
		spec.TableClass = in.TableClass.text
	}
	if in.DeletionProtectionEnabled != nil {
		spec.DeletionProtectionEnabled = *in.DeletionProtectionEnabled
	}
	if st := in.StreamSpecification; st != nil {
		switch {
		case st.enabled() && spec.StreamSpecification.enabled():
			return validation("Table already has an enabled stream: TableName: %s", spec.TableName)
		case !st.enabled() && !spec.StreamSpecification.enabled():
			return validation("Table has no stream to disable: TableName: %s", spec.TableName)
		}
		spec.StreamSpecification = st
	}
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if err := u.apply(spec); err != nil {
			return err
		}
	}
	spec.define(in.AttributeDefinitions)
	return nil
}

// applyBilling changes the billing mode and the throughput.
func (in *updateTableInput) applyBilling(spec *TableSpec) error {
	was, now := spec.BillingMode, spec.BillingMode
	if in.BillingMode.given {
		now = in.BillingMode.text
	}
	if to := in.ProvisionedThroughput; to != nil && now == "PAY_PER_REQUEST" {
		return validation("One or more parameter values were invalid: " +
			"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	} else if to != nil {
		if from := spec.ProvisionedThroughput; from != nil && was != "PAY_PER_REQUEST" && *from == *to {
			return sameThroughput("table", *to)
		}
		spec.ProvisionedThroughput = to
	}
	if spec.BillingMode = now; now != "PAY_PER_REQUEST" || was == now {
		return nil
	}
	spec.ProvisionedThroughput = nil
	for i := range spec.GlobalSecondaryIndexes {
		spec.GlobalSecondaryIndexes[i].ProvisionedThroughput = nil
	}
	return nil
}

func sameThroughput(of string, t Throughput) error {
	return validation(
		"The provisioned throughput for the %[1]s will not change. The requested value equals the current value. "+
			"Current ReadCapacityUnits provisioned for the %[1]s: %[2]d. Requested ReadCapacityUnits: %[2]d. "+
			"Current WriteCapacityUnits provisioned for the %[1]s: %[3]d. Requested WriteCapacityUnits: %[3]d. "+
			"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.", of,
		t.ReadCapacityUnits, t.WriteCapacityUnits)
}

func (u *indexUpdate) apply(spec *TableSpec) error {
	name, _, _ := u.name()
	i := slices.IndexFunc(spec.GlobalSecondaryIndexes, func(ix IndexSpec) bool { return ix.IndexName == name })
	switch {
	case u.Create != nil && i >= 0:
		return validation("Attempting to create an index which already exists")
	case u.Create != nil:
		spec.GlobalSecondaryIndexes = append(spec.GlobalSecondaryIndexes, *u.Create)
	case i < 0:
		return notFound("Requested resource not found: index of table %s", spec.TableName)
	case u.Delete != nil:
		spec.GlobalSecondaryIndexes = slices.Delete(spec.GlobalSecondaryIndexes, i, i+1)
		if len(spec.GlobalSecondaryIndexes) == 0 {
			spec.GlobalSecondaryIndexes = nil
		}
	default:
		spec.GlobalSecondaryIndexes[i].ProvisionedThroughput = u.Update.ProvisionedThroughput
	}
	return nil
}

// define adds definitions, and drops those that no key uses any more, as AWS does when an index is
// deleted.
func (t *TableSpec) define(definitions []AttributeDefinition) {
	used := map[string]bool{}
	for _, e := range t.KeySchema {
		used[e.AttributeName] = true
	}
	for _, ix := range t.GlobalSecondaryIndexes {
		for _, e := range ix.KeySchema {
			used[e.AttributeName] = true
		}
	}
	var out []AttributeDefinition
	for _, d := range slices.Concat(definitions, t.AttributeDefinitions) {
		if used[d.AttributeName] {
			used[d.AttributeName] = false
			out = append(out, d)
		}
	}
	t.AttributeDefinitions = out
}
