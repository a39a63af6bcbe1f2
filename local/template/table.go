package template

import "encoding/json"

const tableHonoured = "TableName KeySchema AttributeDefinitions GlobalSecondaryIndexes LocalSecondaryIndexes " +
	"StreamSpecification " +
	"TimeToLiveSpecification DeletionProtectionEnabled BillingMode"

var tableHarmless = map[string]string{
	"PointInTimeRecoverySpecification": "the data folder is the only copy",
	"SSESpecification":                 "data on one machine is not encrypted by KMS", "Tags": "nothing reads tags",
	"TableClass":                       "there is one class of storage",
	"ContributorInsightsSpecification": "there are no CloudWatch metrics on one machine",
	"ProvisionedThroughput":            "throughput is the machine's", "OnDemandThroughput": "throughput is the machine's",
	"WarmThroughput": "throughput is the machine's", "ResourcePolicy": "roles' policies alone decide on tables",
}

// table is an AWS::DynamoDB::Table. Its properties are those of CreateTable except for the few that
// are set here.
func (l *loader) table(p props) {
	p.known(tableHonoured, tableHarmless)
	name := l.name(p.r)
	t := Table{LogicalID: p.r.id, Name: name, ARN: arn("dynamodb", "table/"+name)}
	create := map[string]any{"TableName": name, "BillingMode": "PAY_PER_REQUEST"}
	for _, k := range []string{"KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"} {
		if p.has(k) {
			create[k] = indexes(p.list(k))
		}
	}
	for _, k := range []string{"KeySchema", "AttributeDefinitions"} {
		if !p.has(k) {
			p.fail(k, "is required")
		}
	}
	if s := p.sub("StreamSpecification"); s.m != nil {
		s.known("StreamViewType", map[string]string{"ResourcePolicy": "roles' policies alone decide on streams"})
		create["StreamSpecification"] = map[string]any{"StreamEnabled": true, "StreamViewType": s.required("StreamViewType")}
		t.StreamARN = l.streamARN(name)
	}
	if p.boolean("DeletionProtectionEnabled", false) {
		create["DeletionProtectionEnabled"] = true
	}
	if ttl := p.sub("TimeToLiveSpecification"); ttl.boolean("Enabled", false) {
		t.TTLAttribute = ttl.required("AttributeName")
		create["TimeToLiveSpecification"] = map[string]any{"AttributeName": t.TTLAttribute, "Enabled": true}
	}
	l.addTable(p, t, create)
}

// indexes removes from each index the properties that CreateTable does not accept or that have no
// effect here.
func indexes(list []any) []any {
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			for _, k := range []string{"ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput",
				"ContributorInsightsSpecification"} {
				delete(m, k)
			}
		}
	}
	return list
}

// simpleTable is SAM's table with a hash key alone.
func (l *loader) simpleTable(p props) {
	p.known("TableName PrimaryKey", map[string]string{"ProvisionedThroughput": "throughput is the machine's",
		"SSESpecification": "data on one machine is not encrypted by KMS", "Tags": "nothing reads tags",
		"PointInTimeRecoverySpecification": "the data folder is the only copy"})
	key := p.sub("PrimaryKey")
	attribute, typ := key.textOr("Name", "id"), key.textOr("Type", "String")
	name := l.name(p.r)
	letter := map[string]string{"String": "S", "Number": "N", "Binary": "B"}[typ]
	if letter == "" {
		key.fail("Type", "String, Number or Binary")
	}
	l.addTable(p, Table{LogicalID: p.r.id, Name: name, ARN: arn("dynamodb", "table/"+name)}, map[string]any{
		"TableName": name, "BillingMode": "PAY_PER_REQUEST",
		"KeySchema":            []any{map[string]any{"AttributeName": attribute, "KeyType": "HASH"}},
		"AttributeDefinitions": []any{map[string]any{"AttributeName": attribute, "AttributeType": letter}},
	})
}

func (l *loader) addTable(p props, t Table, create map[string]any) {
	b, err := json.Marshal(create)
	if err != nil {
		p.fail("", "%v", err)
	}
	t.Create = b
	l.out.Tables = append(l.out.Tables, t)
}
