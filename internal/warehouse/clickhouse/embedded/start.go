package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kithdata/kith/internal/warehouse/clickhouse"
)

// start starts the engine as a child and waits until it answers. The caller holds
// the lock of the folder.
func (e *Engine) start(ctx context.Context) error {
	prog, err := e.cfg.find()
	if err != nil {
		return err
	}
	tcp, err := freePort()
	if err != nil {
		return err
	}
	http := 0
	in := info{
		ID: newPassword(), Version: clickhouse.EngineLock().Version, Sandboxed: sandboxed(),
		Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp)),
		State:   e.cfg.StateDatabase, Read: e.cfg.ReadDatabases,
		Passwords: map[User]string{Full: newPassword(), Fragment: newPassword(), anyDatabase: newPassword()},
	}
	if e.cfg.HTTP {
		if http, err = freePort(); err != nil {
			return err
		}
		in.HTTP = net.JoinHostPort("127.0.0.1", strconv.Itoa(http))
	}
	_ = os.Remove(e.files.info()) // of an owner that was killed
	if err := e.files.write(e.cfg, in); err != nil {
		return fmt.Errorf("the folder of the embedded engine: %w", err)
	}
	c, err := e.spawn(prog, tcp, http)
	if err != nil {
		return err
	}
	in.PID = c.cmd.Process.Pid
	if err := c.ready(ctx, in); err != nil {
		c.kill()
		return err
	}
	if in.Started, err = startOf(in.PID); err == nil {
		err = e.files.save(in)
	}
	if err != nil {
		c.kill()
		return fmt.Errorf("the folder of the embedded engine: %w", err)
	}
	e.child, e.info = c, in
	go e.release(c)
	return nil
}

// release gives the folder free when the engine ends by itself, so that whoever
// needs it next can start it: its owner may have no need for a long time.
func (e *Engine) release(c *child) {
	<-c.done
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.child == c && e.lock != nil && !e.closed {
		e.abandon()
	}
}

// freePort is a port that nobody listens on now; a child that finds it taken fails
// and is started again.
func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(port)
	return n, errors.Join(err, l.Close())
}

// child is the engine's process.
type child struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *tail
	done   chan struct{} // closed when the process has ended
}

func (e *Engine) spawn(prog program, tcp, http int) (*child, error) {
	exe := e.cfg.Exe
	if exe == "" {
		var err error
		if exe, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	kind := "lib"
	if prog.binary {
		kind = "binary"
	}
	cmd := exec.Command(exe, ChildCommand, kind, prog.path, e.files.base, strconv.Itoa(tcp), strconv.Itoa(http))
	cmd.Dir = e.files.data()
	cmd.Env = []string{"HOME=" + e.files.data(), "LANG=C.UTF-8", "TZ=UTC"} // the parent's holds secrets
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}                  // Ctrl-C is for the parent
	c := &child{cmd: cmd, stderr: &tail{}, done: make(chan struct{})}
	cmd.Stderr = c.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.stdin = stdin
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the embedded engine: %w", err)
	}
	go func() {
		_ = cmd.Wait() // what went wrong is in stderr
		close(c.done)
	}()
	return c, nil
}

// ready waits for the first answer.
func (c *child) ready(ctx context.Context, in info) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errors.New("the embedded engine did not answer in time"))
	defer cancel()
	for {
		err := ping(ctx, in)
		if err == nil {
			return nil
		}
		select {
		case <-c.done:
			return c.failure()
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// failure is the error of a child that ended before it answered.
func (c *child) failure() error {
	msg := strings.TrimSpace(c.stderr.String())
	switch {
	case strings.Contains(msg, "Cannot lock file"):
		return busyError{errors.New("an engine that nobody owns still runs, or another program uses the folder")}
	case strings.Contains(msg, "Address already in use"):
		return busyError{errors.New("its port was taken")}
	case msg == "":
		msg = c.cmd.ProcessState.String()
	}
	return fmt.Errorf("the embedded engine did not start: %s", clickhouse.CleanMessage(msg))
}

// stop ends the engine in order, which takes 60 ms, or 5 s while another process is
// connected. It does not wait for that: nothing is lost when the engine is killed.
func (c *child) stop() {
	_ = c.stdin.Close()
	select {
	case <-c.done:
	case <-time.After(stopTimeout):
		c.kill()
	}
}

func (c *child) kill() {
	_ = c.stdin.Close()
	_ = c.cmd.Process.Kill()
	<-c.done
}

// tail keeps the last bytes that a child wrote.
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
