package awsapi

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// BodyTime is how long a server here gives the body of a request to arrive; headers have as long.
const BodyTime = 10 * time.Second

// BodyDeadline makes reads of a request's body fail with os.ErrDeadlineExceeded after limit. Unlike
// a server's ReadTimeout, it does not limit what comes after the body, such as a long poll.
func BodyDeadline(limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection := http.NewResponseController(w)
		if r.Body != http.NoBody && connection.SetReadDeadline(time.Now().Add(limit)) == nil {
			r.Body = &deadlineBody{r.Body, connection}
		}
		next.ServeHTTP(w, r)
	})
}

// deadlineBody removes the deadline when the body has arrived.
type deadlineBody struct {
	io.ReadCloser
	connection *http.ResponseController
}

func (b *deadlineBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.connection.SetReadDeadline(time.Time{}) // fails only for a connection that is closed
	}
	return n, err
}
