# `make` lists the targets.
.PHONY: help build bootstrap release test race lint generate demo up bench ci deploy clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

build: bootstrap ## build the command line (bin/orderflow) and the deployed program (build/bootstrap)
	go build -o bin/ ./cmd/orderflow

# Every function runs this program. The tags leave out the net/rpc handshake and HTTP/2 (330 kB): AWS and
# Stripe answer HTTP/1.1. The SDKs (330 kB) and net/http (130 kB) are not inlined: their calls wait for the network.
bootstrap:
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build -tags lambda.norpc,nethttpomithttp2 -trimpath -ldflags='-s -w' \
		-gcflags='github.com/aws/...=-l' -gcflags='github.com/stripe/...=-l' -gcflags='net/http=-l' -o build/bootstrap ./cmd/lambda

SBOM = github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
release: bootstrap ## build the deployed program, its checksum and its bill of materials (build/)
	cd build && sha256sum bootstrap >bootstrap.sha256
	go run $(SBOM) bin -json -output build/bootstrap.cdx.json build/bootstrap

test: ## run every test that needs no browser or extra tool
	go test ./...

race: ## run the same tests with the race detector
	go test -race ./...

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
lint: ## gofmt, vet, staticcheck and actionlint, as CI does
	@unformatted="$$(gofmt -l $$(git ls-files '*.go'))"; test -z "$$unformatted" || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	go run $(ACTIONLINT)

generate: ## write the generated files again
	go generate ./statemachines ./... # the console shows the picture of the state machine

demo: ## run the example orders on a temporary system
	go run ./cmd/orderflow demo

up: ## run the whole system on this machine
	go run ./cmd/orderflow up

bench: ## measure whole orders, the API under load, and the engine
	go run ./cmd/orderflow bench orders
	go run ./cmd/orderflow bench api
	go run ./cmd/orderflow bench engine

ci: ## run every check that a change must pass
	.ci/run

# make deploy STAGE=prod
STAGE ?= dev
deploy: bootstrap ## deploy to AWS; STAGE is dev, load or prod
	sam deploy --config-env $(STAGE)

clean: ## remove build results
	rm -rf build bin
