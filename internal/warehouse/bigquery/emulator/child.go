package emulator

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	startTimeout = time.Minute
	stopTimeout  = 5 * time.Second
)

// child is the emulator's process. It ends when its standard input does, and so with
// its parent.
type child struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *tail
	at     address
	done   chan struct{} // closed when the process has ended
}

// start starts the program and waits for the line that says where it listens.
func start(ctx context.Context, program, data string) (*child, error) {
	cmd := exec.Command(program, "-project", Project, "-data", data)
	cmd.Env = []string{"LANG=C.UTF-8", "TZ=UTC"} // the parent's holds secrets
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c := &child{cmd: cmd, stderr: &tail{}, done: make(chan struct{})}
	cmd.Stderr = c.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.stdin = stdin
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	line := make(chan []byte, 1)
	go func() {
		r := bufio.NewReader(stdout)
		first, _ := r.ReadBytes('\n') // an end says that the process has ended
		line <- first
		_, _ = io.Copy(io.Discard, r)
		_ = cmd.Wait() // what went wrong is in stderr
		close(c.done)
	}()
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	select {
	case first := <-line:
		if err := json.Unmarshal(bytes.TrimSpace(first), &c.at); err != nil {
			c.stop()
			return nil, fmt.Errorf("the emulator did not start: %s", c.why())
		}
		c.at.PID = cmd.Process.Pid
		return c, nil
	case <-ctx.Done():
		c.stop()
		return nil, ctx.Err()
	case <-timeout.C:
		c.stop()
		return nil, errors.New("the emulator did not answer in time")
	}
}

func (c *child) why() string {
	if text := strings.TrimSpace(c.stderr.String()); text != "" {
		return text
	}
	return c.cmd.ProcessState.String()
}

func (c *child) stop() {
	_ = c.stdin.Close()
	select {
	case <-c.done:
	case <-time.After(stopTimeout):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// tail keeps the last bytes that the child wrote.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if n := len(t.buf) - tailSize; n > 0 {
		t.buf = append(t.buf[:0], t.buf[n:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
