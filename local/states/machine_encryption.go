package states

import (
	"encoding/json"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// encryptionConfiguration names the key that encrypts a state machine's data.
type encryptionConfiguration struct {
	Type         string  `json:"type"`
	Key          *string `json:"kmsKeyId,omitempty"`
	ReuseSeconds *int    `json:"kmsDataKeyReusePeriodSeconds,omitempty"` // of a data key
}

const (
	ownedKey   = "AWS_OWNED_KEY"
	managedKey = "CUSTOMER_MANAGED_KMS_KEY"

	minReuse, defaultReuse, maxReuse = 60, 300, 900
)

// readEncryption checks the configuration of a request and returns it with its defaults.
func readEncryption(given json.RawMessage) (json.RawMessage, error) {
	var c encryptionConfiguration
	if err := awsapi.Decode(given, &c); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Type == managedKey && c.ReuseSeconds == nil {
		c.ReuseSeconds = new(defaultReuse)
	}
	return json.Marshal(c)
}

// check returns a ValidationException for an unknown type, and InvalidEncryptionConfiguration for
// members that do not fit the type (API reference of EncryptionConfiguration).
func (c *encryptionConfiguration) check() error {
	switch c.Type {
	case ownedKey:
		if c.Key != nil || c.ReuseSeconds != nil {
			return invalidEncryption("kmsKeyId and kmsDataKeyReusePeriodSeconds apply only to the type %s", managedKey)
		}
		return nil
	case managedKey:
	default:
		return validation("Value '%s' at 'encryptionConfiguration.type' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [%s, %s]", c.Type, ownedKey, managedKey)
	}
	if c.Key == nil || *c.Key == "" {
		return invalidEncryption("kmsKeyId is required for the type %s", managedKey)
	}
	if c.ReuseSeconds != nil && (*c.ReuseSeconds < minReuse || *c.ReuseSeconds > maxReuse) {
		return invalidEncryption("kmsDataKeyReusePeriodSeconds must be from %d to %d", minReuse, maxReuse)
	}
	return nil
}

func invalidEncryption(format string, args ...any) error {
	return awsapi.Errorf("InvalidEncryptionConfiguration", "Invalid Encryption Configuration: %s",
		fmt.Sprintf(format, args...))
}
