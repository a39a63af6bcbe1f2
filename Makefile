# The targets that a newcomer types. `make` lists them.
.PHONY: help build bootstrap test race lint generate demo up bench ci deploy clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

build: bootstrap ## build the command line (bin/orderflow) and the program that is deployed (build/bootstrap)
	go build -o bin/ ./cmd/orderflow

# One program is the bootstrap of every function. It has no net/rpc handshake and no HTTP/2: AWS and Stripe answer HTTP/1.1, and the code
# for it weighs 330 kB.
bootstrap:
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build -tags lambda.norpc,nethttpomithttp2 -trimpath -ldflags='-s -w' -o build/bootstrap ./cmd/lambda

test: ## run every test that needs no browser or extra tool
	go test ./...

race: ## run the same tests with the race detector
	go test -race ./...

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
lint: ## gofmt, vet and staticcheck, as CI does
	@unformatted="$$(gofmt -l $$(git ls-files '*.go'))"; test -z "$$unformatted" || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

generate: ## write the generated files again
	go generate ./...

demo: ## place the example orders on a system that lasts as long as the demo
	go run ./cmd/orderflow demo

up: ## run the whole system on this machine
	go run ./cmd/orderflow up

bench: ## measure fulfilment, the API under load, and the engine
	go run ./cmd/orderflow bench orders
	go run ./cmd/orderflow bench api
	go run ./cmd/orderflow bench engine

ci: ## everything that must hold before a change lands
	.ci/run

# make deploy STAGE=prod
STAGE ?= dev
deploy: bootstrap ## deploy to AWS; STAGE is dev, load or prod
	sam deploy --config-env $(STAGE)

clean: ## remove what was built
	rm -rf build bin
