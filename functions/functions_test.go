package functions

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"go.yaml.in/yaml/v3"
)

// deployed is a function as template.yaml defines it.
type deployed struct {
	Handler   string
	Variables map[string]yaml.Node
}

func readTemplate(t *testing.T) []deployed {
	t.Helper()
	raw, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string `yaml:"Type"`
			Properties struct {
				Handler     string `yaml:"Handler"`
				Environment struct {
					Variables map[string]yaml.Node `yaml:"Variables"`
				} `yaml:"Environment"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(raw, &template); err != nil {
		t.Fatal(err)
	}
	var out []deployed
	for _, r := range template.Resources {
		if r.Type == "AWS::Serverless::Function" {
			out = append(out, deployed{r.Properties.Handler, r.Properties.Environment.Variables})
		}
	}
	return out
}

// sample returns a complete environment with a gateway: a value that each variable accepts.
func sample(gateway string) func(name string) string {
	return func(name string) string {
		switch name {
		case gatewayName:
			return gateway
		case "REVIEW_ABOVE":
			return "USD:100000,JPY:150000"
		case "MAIL_FROM":
			return "Shop <orders@shop.example>"
		case "REVIEW_COUNTRIES":
			return "US,CA"
		}
		return "1"
	}
}

func TestNames_areTheTemplatesHandlers(t *testing.T) {
	t.Parallel()
	var handlers []string
	for _, f := range readTemplate(t) {
		handlers = append(handlers, f.Handler)
	}
	slices.Sort(handlers)
	if !slices.Equal(handlers, Names()) {
		t.Errorf("template.yaml has %v, functions are %v", handlers, Names())
	}
}

// TestNew_environment compares the functions with the template: each variable that a function reads
// is set, and each that is set is read.
func TestNew_environment(t *testing.T) {
	t.Parallel()
	for _, f := range readTemplate(t) {
		t.Run(f.Handler, func(t *testing.T) {
			t.Parallel()
			read, gateway := map[string]bool{}, ""
			getenv := func(name string) string {
				read[name] = true
				if _, set := f.Variables[name]; !set {
					t.Errorf("%s reads %s, which template.yaml does not set", f.Handler, name)
				}
				return sample(gateway)(name)
			}
			for _, gateway = range []string{"sandbox", "stripe"} {
				if _, err := New(f.Handler, aws.Config{Region: "us-east-1"}, getenv, Options{Stripe: newStripe}); err != nil {
					t.Fatal(err)
				}
			}
			for name := range f.Variables {
				if !read[name] {
					t.Errorf("template.yaml sets %s, which %s does not read", name, f.Handler)
				}
			}
		})
	}
}

func TestNew_missingVariable(t *testing.T) {
	t.Parallel()
	for _, f := range readTemplate(t) {
		for missing := range f.Variables {
			gateway := "sandbox"
			if missing == "STRIPE_SECRET_KEY" {
				gateway = "stripe"
			}
			t.Run(f.Handler+" "+missing, func(t *testing.T) {
				t.Parallel()
				getenv := func(name string) string {
					if name == missing {
						return ""
					}
					return sample(gateway)(name)
				}
				_, err := New(f.Handler, aws.Config{Region: "us-east-1"}, getenv, Options{Stripe: newStripe})
				if err == nil || !strings.Contains(err.Error(), missing) {
					t.Errorf("got %v, want an error that names %s", err, missing)
				}
			})
		}
	}
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, function, value, want string }{
		{"unknown function", "fly", "1", `unknown function "fly"`},
		{"malformed number", "reconcile", "soon", "RECONCILE_AFTER_SECONDS is not a whole number"},
		{"malformed amounts", "charge", "USD100", "REVIEW_ABOVE is not a list such as USD:100000"},
		{"negative number", "carrier", "-1", "CARRIER_DELAY_MILLISECONDS is not a whole number"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(tt.function, aws.Config{}, func(string) string { return tt.value }, Options{Stripe: newStripe})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
