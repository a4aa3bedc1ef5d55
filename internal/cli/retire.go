package cli

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/ledger"
)

func (a *app) retireCommand() *cobra.Command {
	yes := false
	c := &cobra.Command{
		Use:   "retire SYNC",
		Short: "Forget a sync that left the project",
		Long: `Plan and status do not list it any more. Nothing is removed at the destination, and its
state stays in the ledger.`,
		Example: `  kith retire people_to_crm          asks first
  kith retire people_to_crm --yes    for scripts`,
		Args: oneArg("a sync"),
		RunE: func(_ *cobra.Command, args []string) error { return a.retire(args[0], yes) },
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func (a *app) retire(name string, yes bool) error {
	return a.with(func(s *session) error {
		state, err := a.retirable(s, name)
		if err != nil {
			return err
		}
		rows, _, err := s.engine.Ledger.BaselineRows(a.soft, state.Baseline)
		if err != nil {
			return err
		}
		if !yes {
			question := fmt.Sprintf("retire %s? %s stay at %s, and kith no longer looks after them", name, counted(rows, "row"), orDash(shown(state.Target())))
			if ok, err := a.confirm(question); err != nil {
				return err
			} else if !ok {
				return errors.New("nothing is retired: the answer was no")
			}
		}
		if state, err = s.engine.Retire(a.soft, name); err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"sync": name, "retired": true, "rows_left": rows, "endpoint": shown(state.Target())})
		}
		a.out.printf("retired %s; %s stay at %s\n", name, counted(rows, "row"), orDash(shown(state.Target())))
		return nil
	})
}

// retirable is the state of a sync that the ledger knows and the project does not.
func (a *app) retirable(s *session, name string) (ledger.SyncState, error) {
	switch x := s.project.SyncOf(name); {
	case x == nil:
	case x.Name != name:
		return ledger.SyncState{}, withHelp(fmt.Errorf("sync %s lives on as %s (%s)", name, x.Name, x.Pos), "its state moves with the next run")
	case x.Disabled:
		return ledger.SyncState{}, withHelp(fmt.Errorf("sync %s is in the project (%s)", name, x.Pos), "delete it there first")
	default:
		return ledger.SyncState{}, withHelp(fmt.Errorf("sync %s is in the project (%s)", name, x.Pos), "delete it there first; `enabled: false` pauses it")
	}
	states, err := s.engine.Ledger.States(a.soft)
	if err != nil {
		return ledger.SyncState{}, err
	}
	state, ok := states[name]
	var known []string
	for n, st := range states {
		if !st.Retired {
			known = append(known, n)
		}
	}
	slices.Sort(known)
	switch {
	case !ok:
		return state, knownSync(name, known)
	case state.Retired:
		return state, fmt.Errorf("sync %s is retired already", name)
	}
	return state, nil
}

// confirm asks on a terminal; elsewhere somebody must have said --yes.
func (a *app) confirm(question string) (bool, error) {
	if !terminal(a.streams.In) || !terminal(a.streams.Err) {
		return false, withHelp(errors.New("there is nobody to ask"), "--yes says that it is meant")
	}
	a.err.printf("%s [y/N] ", question)
	answers := make(chan string, 1)
	go func() { // ends with the process, should nobody answer
		text, _ := bufio.NewReader(a.streams.In).ReadString('\n') // no answer is a no
		answers <- text
	}()
	select {
	case <-a.soft.Done():
		return false, a.soft.Err()
	case answer := <-answers:
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes":
			return true, nil
		}
	}
	a.err.printf("nothing was done\n")
	return false, nil
}
