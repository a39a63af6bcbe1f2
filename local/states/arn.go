package states

import (
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// arns builds and reads the ARNs of one account and region.
type arns struct{ prefix string } // "arn:aws:states:us-east-1:000000000000:"

func newARNs(region, account string) arns {
	return arns{"arn:aws:states:" + region + ":" + account + ":"}
}

const (
	machineKind   = "stateMachine"
	executionKind = "execution"
)

func (a arns) machine(name string) string { return a.prefix + "stateMachine:" + name }

func (a arns) execution(machine, name string) string {
	return a.prefix + "execution:" + machine + ":" + name
}

// parseMachine returns the name in a state machine's ARN. It keeps a version or alias in the name;
// no state machine has such a name.
func (a arns) parseMachine(arn string) (name string, err error) {
	rest, err := a.resource(arn, machineKind)
	return rest, err
}

// parseExecution returns the names in an execution's ARN.
func (a arns) parseExecution(arn string) (machine, name string, err error) {
	rest, err := a.resource(arn, executionKind)
	if err != nil {
		return "", "", err
	}
	machine, name, ok := strings.Cut(rest, ":")
	if !ok || machine == "" || name == "" {
		return "", "", invalidARN("Invalid ARN: '" + arn + "'")
	}
	return machine, name, nil
}

// resource returns the part after the resource type. An ARN of another account or region is well
// formed, but refers to nothing here.
func (a arns) resource(arn, kind string) (string, error) {
	if rest, ok := strings.CutPrefix(arn, a.prefix); ok {
		if rest, ok := strings.CutPrefix(rest, kind+":"); ok && rest != "" {
			return rest, nil
		}
	}
	if arn == "" {
		return "",
			awsapi.Errorf("ValidationException",
				"1 validation error detected: Value '' at '%sArn' failed to satisfy constraint: "+
					"Member must have length greater than or equal to 1", kind)
	}
	p := strings.SplitN(arn, ":", 7)
	switch {
	case p[0] != "arn":
		return "", invalidARN("Invalid ARN prefix: " + arn)
	case len(p) < 7 || p[6] == "":
		return "", invalidARN("Invalid ARN: '" + arn + "'")
	case p[2] != "states" || p[5] != kind:
		return "", invalidARN("Resource type not valid in this context: " + p[5])
	}
	return "\x00" + p[3] + ":" + p[4] + ":" + p[6], nil // no name contains a NUL
}

func invalidARN(text string) error { return awsapi.Errorf("InvalidArn", "Invalid Arn: '%s'", text) }
