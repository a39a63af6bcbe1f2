package awsapi

import (
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
)

// restXML are the services whose errors are XML although their requests are no forms.
var restXML = []string{"s3", "s3express", "s3-outposts", "route53", "cloudfront"}

// refuseUnknown answers 501 to a request for an unknown service.
func refuseUnknown(w http.ResponseWriter, r *http.Request, scope string) {
	action, target := r.Form.Get("Action"), r.Header.Get("X-Amz-Target")
	what := strings.TrimSpace(r.Method + " " + r.URL.Path + " " + target)
	if action != "" {
		what = action
	}
	if scope != "" {
		what = scope + ": " + what
	}
	writeError(w, r, scope, NotImplemented(what))
}

// writeError answers an error in the protocol of the request, so that an SDK can read it.
func writeError(w http.ResponseWriter, r *http.Request, scope string, e *Error) {
	action, requestID, query := r.Form.Get("Action"), w.Header().Get(requestIDHeader), &Query{}
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		writeJSONError(w, e)
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		refuseCBOR(w, e)
	case action != "" && scope == "ec2":
		query.write(w, e.Status, "Response", []Element{
			{Name: "Errors", Elements: []Element{{Name: "Error", Elements: codeAndMessage(e)}}}, {Name: "RequestID", Text: requestID}})
	case scope == "s3" || scope == "s3express" || scope == "s3-outposts":
		query.write(w, e.Status, "Error", append(codeAndMessage(e), Element{Name: "RequestId", Text: requestID}))
	case action != "" || slices.Contains(restXML, scope):
		query.encodeError(w, e)
	default:
		w.Header().Set("Content-Type", "application/json")
		writeJSONError(w, e)
	}
}

func codeAndMessage(e *Error) []Element {
	return []Element{{Name: "Code", Text: e.Type}, {Name: "Message", Text: e.Message}}
}

// refuseCBOR answers {"__type", "message"} in CBOR (RFC 8949), as Smithy's RPC v2 wants it.
func refuseCBOR(w http.ResponseWriter, e *Error) {
	const mapOfTwo = 0xa2
	body := []byte{mapOfTwo}
	for _, text := range []string{"__type", e.Type, "message", e.Message} {
		const textOfTwoByteLength = 0x79
		body = binary.BigEndian.AppendUint16(append(body, textOfTwoByteLength), uint16(len(text)))
		body = append(body, text...)
	}
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.WriteHeader(e.HTTPStatus())
	_, _ = w.Write(body)
}
