// Command emulator runs the BigQuery emulator for a target that says
// `emulator: true`. kith starts it as a child:
//
//	emulator -data .kith/bigquery/emulator.db
//
// It prints one line of JSON with the addresses on which it listens, and ends when
// its standard input does: so it never outlives the kith that started it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/goccy/bigquery-emulator/server"
	"github.com/goccy/bigquery-emulator/types"
)

func main() {
	project := flag.String("project", "emulator", "the project that exists")
	data := flag.String("data", "", "file that keeps the tables; none: they are gone with the process")
	flag.Parse()
	if err := run(*project, *data); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(project, data string) error {
	collect()
	storage := server.TempStorage
	if data != "" {
		storage = server.Storage("file:" + data + "?cache=shared")
	}
	s, err := server.New(storage)
	if err != nil {
		return err
	}
	if err := s.SetProject(project); err != nil {
		return err
	}
	if err := s.Load(server.StructSource(types.NewProject(project))); err != nil {
		return err
	}
	one := new(sync.Mutex)
	s.Handler = alike(&jobs{next: alone(one, s.Handler)})
	end := make(chan error, 4)
	s.SetListenCallback(func(rest, grpc string) {
		writes, err := serveWrites(grpc, one)
		if err != nil {
			end <- err
			return
		}
		// A child's parent reads this; nothing can be done when it is gone.
		_ = json.NewEncoder(os.Stdout).Encode(map[string]string{"rest": rest, "grpc": writes})
	})
	go func() { end <- s.Serve(context.Background(), "127.0.0.1:0", "127.0.0.1:0") }()
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		end <- err
	}()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	signal.Ignore(syscall.SIGINT) // the parent decides what an interrupt means
	go func() {
		<-signals
		end <- nil
	}()
	if err := <-end; err != nil && err != http.ErrServerClosed {
		return err
	}
	return s.Close()
}

// alone lets one request in at a time.
func alone(one *sync.Mutex, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one.Lock()
		defer one.Unlock()
		next.ServeHTTP(w, r)
	})
}
