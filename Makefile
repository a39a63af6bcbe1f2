# What is deployed: one program, the bootstrap of every function. .ci/run builds it with the same flags.
.PHONY: build deploy clean

build:
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -ldflags='-s -w' -o build/bootstrap ./cmd/lambda

# make deploy STAGE=prod
STAGE ?= dev
deploy: build
	sam deploy --config-env $(STAGE)

clean:
	rm -rf build
