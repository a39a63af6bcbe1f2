package ambient

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// describedStack is the answer to DescribeStacks, or an error
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html).
type describedStack struct {
	Outputs []struct {
		Key   string `xml:"OutputKey"`
		Value string `xml:"OutputValue"`
	} `xml:"DescribeStacksResult>Stacks>member>Outputs>member"`
	Code    string `xml:"Error>Code"`
	Message string `xml:"Error>Message"`
}

// Output returns an output of a stack. It signs and sends the one call itself, because
// CloudFormation's client adds seconds to the first build.
func Output(ctx context.Context, stack, name string) (string, error) {
	cfg, err := Config(ctx)
	if err != nil {
		return "", err
	}
	found, err := describe(ctx, cfg, stack)
	if err != nil {
		return "", fmt.Errorf("describe stack %s in %s: %w", stack, cfg.Region, err)
	}
	for _, out := range found.Outputs {
		if out.Key == name {
			return out.Value, nil
		}
	}
	return "", fmt.Errorf("stack %s in %s has no output %s", stack, cfg.Region, name)
}

func describe(ctx context.Context, cfg aws.Config, stack string) (found describedStack, err error) {
	body := url.Values{"Action": {"DescribeStacks"}, "Version": {"2010-05-15"}, "StackName": {stack}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint(cfg), strings.NewReader(body))
	if err != nil {
		return found, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	keys, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return found, err
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(sum[:]), "cloudformation", cfg.Region,
		time.Now()); err != nil {
		return found, err
	}
	client := &http.Client{Timeout: 30 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return found, err
	}
	defer res.Body.Close()
	if err := xml.NewDecoder(res.Body).Decode(&found); err != nil {
		return found, fmt.Errorf("%s, and the body is not an answer of CloudFormation: %w", res.Status, err)
	}
	if res.StatusCode != http.StatusOK {
		return found, fmt.Errorf("%s: %s", found.Code, found.Message)
	}
	return found, nil
}

// endpoint returns the URL of CloudFormation in a region, or the one that the environment sets for
// all of AWS.
func endpoint(cfg aws.Config) string {
	if cfg.BaseEndpoint != nil {
		return *cfg.BaseEndpoint
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(cfg.Region, "cn-") {
		domain += ".cn"
	}
	return "https://cloudformation." + cfg.Region + "." + domain
}
