package ledger

import (
	"fmt"
	"os"
	"strings"
)

// Holder names a process on a machine since its boot, so that another process
// there can see that it is gone. Containers of one machine share its boot, and may
// share its name, but a PID says something only in its own namespace.
type Holder struct {
	Host  string `json:"host"`
	Boot  string `json:"boot"`
	Space string `json:"pid_namespace"`
	PID   int    `json:"pid"`
	Start string `json:"start"`
	Nonce string `json:"nonce"`
}

func (h Holder) String() string {
	if h.Host == "" {
		return "another process"
	}
	return fmt.Sprintf("process %d on %s", h.PID, h.Host)
}

// Self is this process. Boot, Space and Start are empty where there is no /proc; then a
// dead holder is only known by its silence.
func Self() Holder {
	h := Holder{PID: os.Getpid()}
	h.Host, _ = os.Hostname()
	if b, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		h.Boot = strings.TrimSpace(string(b))
	}
	h.Space, _ = os.Readlink("/proc/self/ns/pid")
	h.Start = processStart(h.PID)
	return h
}

// is reports that two leases are of one process.
func (h Holder) is(other Holder) bool {
	h.Nonce, other.Nonce = "", ""
	return h == other
}

// sees reports that another holder ran on this machine since its boot and is gone.
func (h Holder) sees(other Holder) bool {
	if h.Boot == "" || h.Space == "" || h.Host != other.Host || h.Boot != other.Boot || h.Space != other.Space {
		return false
	}
	return processStart(other.PID) != other.Start
}

// processStart is field 22 of /proc/<pid>/stat, the start in ticks since boot; ""
// for a process that is gone.
func processStart(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The command in field 2 may hold spaces and brackets.
	_, rest, ok := strings.Cut(string(b[max(0, strings.LastIndexByte(string(b), ')')):]), " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return ""
	}
	return fields[19]
}
