package template

// property is a property of a state machine, with its names in SAM and CloudFormation.
func property(r Resource, sam, cfn string) any {
	if r.Type == "AWS::Serverless::StateMachine" {
		return r.get(sam)
	}
	return r.get(cfn)
}

func stateMachines(t *Template) []Resource {
	return append(t.Of("AWS::Serverless::StateMachine"), t.Of("AWS::StepFunctions::StateMachine")...)
}

// stateMachineLogging: everything is logged except the data, which is personal.
func stateMachineLogging(t *Template, _ []string, report reporter) {
	for _, r := range stateMachines(t) {
		logging := object(property(r, "Logging", "LoggingConfiguration"))
		if text(logging["Level"]) != "ALL" || len(list(logging["Destinations"])) == 0 {
			report(r.ID, "logs nothing, or not all")
		}
		if text(logging["IncludeExecutionData"]) == "true" {
			report(r.ID, "logs execution data")
		}
	}
}

func stateMachineTracing(t *Template, _ []string, report reporter) {
	for _, r := range stateMachines(t) {
		if text(object(property(r, "Tracing", "TracingConfiguration"))["Enabled"]) != "true" {
			report(r.ID, "is not traced")
		}
	}
}

func stateMachineEncryption(t *Template, _ []string, report reporter) {
	for _, r := range stateMachines(t) {
		e := object(r.get("EncryptionConfiguration"))
		if text(e["Type"]) != "CUSTOMER_MANAGED_KMS_KEY" || e["KmsKeyId"] == nil {
			report(r.ID, "is not encrypted by a key of ours")
		}
	}
}
