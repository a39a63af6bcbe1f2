package states

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// loggingConfiguration is the logging of a state machine, with the defaults that AWS fills in.
type loggingConfiguration struct {
	Level                string           `json:"level"`
	IncludeExecutionData bool             `json:"includeExecutionData"`
	Destinations         []logDestination `json:"destinations,omitempty"`
}

type logDestination struct {
	Group *logGroup `json:"cloudWatchLogsLogGroup,omitempty"`
}

type logGroup struct {
	ARN string `json:"logGroupArn,omitempty"`
}

// logGroupARN matches the ARN that CloudWatch Logs uses for a log group with all its streams.
var logGroupARN = regexp.MustCompile(`^arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:[A-Za-z0-9_/.#-]{1,512}:\*$`)

type tracingConfiguration struct {
	Enabled bool `json:"enabled"`
}

// configure applies the configurations of a request.
func (d *definition) configure(logging, tracing, encryption json.RawMessage) (err error) {
	if logging != nil {
		c := loggingConfiguration{Level: "OFF"}
		if err := awsapi.Decode(logging, &c); err != nil {
			return err
		}
		if err := c.check(); err != nil {
			return err
		}
		if d.Logging, err = json.Marshal(c); err != nil {
			return err
		}
	}
	if tracing != nil {
		var c tracingConfiguration
		if err := awsapi.Decode(tracing, &c); err != nil {
			return err
		}
		if d.Tracing, err = json.Marshal(c); err != nil {
			return err
		}
	}
	if encryption != nil {
		if d.Encryption, err = readEncryption(encryption); err != nil {
			return err
		}
	}
	return nil
}

func (c *loggingConfiguration) check() error {
	if !slices.Contains([]string{"ALL", "ERROR", "FATAL", "OFF"}, c.Level) {
		return validation("Value '%s' at 'loggingConfiguration.level' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [ALL, ERROR, FATAL, OFF]", c.Level)
	}
	if n := len(c.Destinations); n > 1 || n == 0 && c.Level != "OFF" {
		return awsapi.Errorf("InvalidLoggingConfiguration",
			"Invalid Logging Configuration: Must specify exactly one Log Destination.")
	}
	for _, d := range c.Destinations {
		if d.Group == nil || !logGroupARN.MatchString(d.Group.ARN) {
			return awsapi.Errorf("InvalidLoggingConfiguration",
				"Invalid Logging Configuration: the Log Destination must be the ARN of a log group that ends with ':*'.")
		}
	}
	return nil
}

func (d *definition) logging() json.RawMessage {
	return orElse(d.Logging, `{"level":"OFF","includeExecutionData":false}`)
}

func (d *definition) tracing() json.RawMessage { return orElse(d.Tracing, `{"enabled":false}`) }

func (d *definition) encryption() json.RawMessage {
	return orElse(d.Encryption, `{"type":"AWS_OWNED_KEY"}`)
}

func orElse(given json.RawMessage, fallback string) json.RawMessage {
	if given == nil {
		return json.RawMessage(fallback)
	}
	return given
}

// same reports whether two revisions behave alike.
func (d *definition) same(o *definition) bool {
	return d.Definition == o.Definition && d.RoleARN == o.RoleARN &&
		bytes.Equal(d.logging(), o.logging()) && bytes.Equal(d.tracing(), o.tracing()) &&
		bytes.Equal(d.encryption(), o.encryption())
}

// checkPublish refuses to publish a version, which this service does not support, and a version
// description without one.
func checkPublish(publish bool, description string) error {
	switch {
	case publish:
		return awsapi.NotImplemented("state machine versions")
	case description != "":
		return awsapi.Errorf("ValidationException", "Version description can only be set when publish is true")
	}
	return nil
}
