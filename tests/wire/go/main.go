// An Engine that says what Go's own HTTP server saw: it listens on the Unix socket that its first
// argument names and appends JSON lines to the file that its second one names, one for what each
// read of a connection brought, one for each request as net/http gives it to a handler.
//
// Each answer carries `X-Seen: number`, that of the request's line. A request without `X-Meta-Case`
// is a look-up of dockgate's, and is answered as one.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

type read struct {
	Connection int64  `json:"connection"`
	Bytes      []byte `json:"bytes"`
}

type seen struct {
	Connection       int64               `json:"connection"`
	Number           int64               `json:"number"`
	Method           string              `json:"method"`
	Target           string              `json:"target"`
	Protocol         string              `json:"protocol"`
	Host             string              `json:"host"`
	Path             []byte              `json:"path"`
	RawQuery         string              `json:"raw_query"`
	Query            map[string][][]byte `json:"query"`
	QueryError       string              `json:"query_error,omitempty"`
	Fields           map[string][][]byte `json:"fields"`
	ContentLength    int64               `json:"content_length"`
	TransferEncoding []string            `json:"transfer_encoding"`
	Body             string              `json:"body_sha256"`
	Size             int64               `json:"body_size"`
	BodyError        string              `json:"body_error,omitempty"`
	Trailer          map[string][][]byte `json:"trailer"`
}

// JSON has no bytes that are no UTF-8; values keep theirs.
func exactly(values map[string][]string) map[string][][]byte {
	out := map[string][][]byte{}
	for name, all := range values {
		for _, value := range all {
			out[name] = append(out[name], []byte(value))
		}
	}
	return out
}

type journal struct {
	lock  sync.Mutex
	lines *json.Encoder
}

func (j *journal) add(line any) {
	j.lock.Lock()
	defer j.lock.Unlock()
	if err := j.lines.Encode(line); err != nil {
		panic(err)
	}
}

// A connection whose bytes are written down as net/http reads them.
type recorded struct {
	net.Conn
	number  int64
	journal *journal
}

func (r *recorded) Read(into []byte) (int, error) {
	count, err := r.Conn.Read(into)
	if count > 0 {
		r.journal.add(read{r.number, append([]byte{}, into[:count]...)})
	}
	return count, err
}

type listener struct {
	net.Listener
	journal *journal
	count   int64
}

func (l *listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &recorded{accepted, atomic.AddInt64(&l.count, 1), l.journal}, nil
}

type connectionKey struct{}

func withNumber(ctx context.Context, connection net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, connection.(*recorded).number)
}

var container = strings.Repeat("7", 64)

// What look-ups find: containers that are plain, exec instances of them, and nothing else.
func lookUp(answer http.ResponseWriter, request *http.Request) {
	answer.Header().Set("Content-Type", "application/json")
	path := request.URL.Path
	switch {
	case strings.HasPrefix(path, "/containers/"):
		fmt.Fprintf(answer, `{"Id":"%s","Config":{},"HostConfig":{"NetworkMode":"none"}}`, container)
	case strings.HasPrefix(path, "/exec/"):
		fmt.Fprintf(answer, `{"ID":"%s","ContainerID":"%s","ProcessConfig":{}}`, container, container)
	default:
		answer.WriteHeader(http.StatusNotFound)
		fmt.Fprint(answer, `{"message":"no such object"}`)
	}
}

func main() {
	file, err := os.OpenFile(os.Args[2], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	lines := &journal{lines: json.NewEncoder(file)}
	var count int64
	serve := func(answer http.ResponseWriter, request *http.Request) {
		one := seen{
			Connection:       request.Context().Value(connectionKey{}).(int64),
			Number:           atomic.AddInt64(&count, 1),
			Method:           request.Method,
			Target:           request.RequestURI,
			Protocol:         request.Proto,
			Host:             request.Host,
			Path:             []byte(request.URL.Path),
			RawQuery:         request.URL.RawQuery,
			Fields:           exactly(request.Header),
			ContentLength:    request.ContentLength,
			TransferEncoding: request.TransferEncoding,
		}
		query, err := url.ParseQuery(request.URL.RawQuery)
		one.Query = exactly(query)
		if err != nil {
			one.QueryError = err.Error()
		}
		sum := sha256.New()
		one.Size, err = io.Copy(sum, request.Body)
		one.Body = hex.EncodeToString(sum.Sum(nil))
		if err != nil {
			one.BodyError = err.Error()
		}
		one.Trailer = exactly(request.Trailer)
		lines.add(one)
		answer.Header().Set("X-Seen", fmt.Sprint(one.Number))
		if len(request.Header["X-Meta-Case"]) == 0 {
			lookUp(answer, request)
			return
		}
		answer.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(answer, `{"seen":%d}`, one.Number)
	}
	socket, err := net.Listen("unix", os.Args[1])
	if err != nil {
		panic(err)
	}
	server := http.Server{Handler: http.HandlerFunc(serve), ConnContext: withNumber}
	panic(server.Serve(&listener{Listener: socket, journal: lines}))
}
