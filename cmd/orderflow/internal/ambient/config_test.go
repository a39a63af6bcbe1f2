package ambient

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// installAWS makes a script the only program in the PATH, under the name of the aws command line.
// An empty script installs none.
func installAWS(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if script != "" {
		if err := os.WriteFile(filepath.Join(dir, "aws"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

// signedIn is a script of the aws command line with a region and credentials.
const signedIn = `case "$*" in
"configure get region") echo eu-north-1 ;;
"configure export-credentials --format process") echo '{"Version":1,"AccessKeyId":"ASIACLI","SecretAccessKey":"cli","SessionToken":"token","Expiration":"2050-01-02T03:04:05Z"}' ;;
*) exit 64 ;;
esac`

// TestConfig sets environment variables, so it does not run in parallel.
func TestConfig(t *testing.T) {
	environment := map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIAENV",
		"AWS_SECRET_ACCESS_KEY": "env"}
	for _, tt := range []struct {
		name   string
		unset  string
		script string
		region string
		key    string
		token  string
		want   string // part of the error
	}{
		{"environment alone", "", "", "eu-west-1", "AKIAENV", "", ""},
		{"before the command line", "", signedIn, "eu-west-1", "AKIAENV", "", ""},
		{"credentials of the command line", "AWS_ACCESS_KEY_ID", signedIn, "eu-west-1", "ASIACLI", "token", ""},
		{"no secret", "AWS_SECRET_ACCESS_KEY", signedIn, "eu-west-1", "ASIACLI", "token", ""},
		{"region of the command line", "AWS_REGION", signedIn, "eu-north-1", "AKIAENV", "", ""},
		{"not installed", "AWS_ACCESS_KEY_ID", "", "", "", "",
			"no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with the aws command line: the aws command line, version 2, is not installed"},
		{"not installed, no region", "AWS_REGION", "", "", "", "", "no AWS region: set AWS_REGION"},
		{"no region anywhere", "AWS_REGION", "exit 1", "", "", "", "no AWS region: set AWS_REGION"},
		{"signed out", "AWS_ACCESS_KEY_ID", "echo 'Error: the SSO session has expired' >&2; exit 253", "", "", "",
			"aws configure export-credentials --format process: Error: the SSO session has expired"},
		{"no JSON", "AWS_ACCESS_KEY_ID", "echo AKIA", "", "", "", "read the answer of aws configure export-credentials"},
		{"no keys", "AWS_ACCESS_KEY_ID", "echo '{}'", "", "", "", "gave no keys"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"} {
				t.Setenv(name, "")
			}
			for name, value := range environment {
				t.Setenv(name, value)
			}
			if tt.unset != "" {
				t.Setenv(tt.unset, "")
			}
			installAWS(t, tt.script)
			cfg, err := Config(t.Context())
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil || cfg.Region != tt.region || cfg.BaseEndpoint != nil {
				t.Fatalf("region %q, endpoint %v, %v", cfg.Region, cfg.BaseEndpoint, err)
			}
			if keys, err := cfg.Credentials.Retrieve(t.Context()); err != nil || keys.AccessKeyID != tt.key ||
				keys.SessionToken != tt.token {
				t.Errorf("key %s, token %q, %v", keys.AccessKeyID, keys.SessionToken, err)
			}
		})
	}
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	local := "http://127.0.0.1:4566"
	for _, tt := range []struct {
		cfg  aws.Config
		want string
	}{
		{aws.Config{Region: "eu-west-1"}, "https://cloudformation.eu-west-1.amazonaws.com"},
		{aws.Config{Region: "cn-north-1"}, "https://cloudformation.cn-north-1.amazonaws.com.cn"},
		{aws.Config{Region: "eu-west-1", BaseEndpoint: &local}, local},
	} {
		if got := endpoint(tt.cfg); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}
