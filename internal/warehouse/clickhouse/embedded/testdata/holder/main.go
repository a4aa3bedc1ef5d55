// Command holder is another kith process for the tests: it opens the engine and
// says so, and either waits for the end of its input or appends rows until it is
// killed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func run(mode, config string) error {
	ctx := context.Background()
	var cfg embedded.Config
	if err := json.Unmarshal([]byte(config), &cfg); err != nil {
		return err
	}
	e, err := embedded.Open(ctx, cfg)
	if err != nil {
		return err
	}
	fmt.Println("ready", e.Owner(), e.PID())
	if mode == "hold" {
		_, _ = io.Copy(io.Discard, os.Stdin)
		return e.Close()
	}
	w, err := e.Warehouse(ctx, embedded.Full, clickhouse.Config{}, dialect.ClickHouse{})
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		rows := make([]cdp.Row, 1000)
		for i := range rows {
			rows[i] = cdp.Row{int64(n), int64(i)}
		}
		if err := w.Append(ctx, cdp.Table{Schema: "kith", Name: "t"}, []string{"batch", "i"}, rows); err != nil {
			return err
		}
		fmt.Println("acked", n)
	}
}
