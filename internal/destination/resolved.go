package destination

import "sync"

// Resolved is what is made of secrets: at the first request, and once more for all requests
// together when it is refused. A token in a file may have been written anew, a command may
// print another one.
type Resolved[T any] struct {
	resolve func() (T, error)
	same    func(a, b T) bool

	mu    sync.Mutex
	have  bool
	now   T
	err   error
	tried bool // now was refused, and resolving it anew gave the same
}

// Resolve makes one; same says whether two are alike to whom they are shown.
func Resolve[T any](resolve func() (T, error), same func(a, b T) bool) *Resolved[T] {
	return &Resolved[T]{resolve: resolve, same: same}
}

// Get is what was resolved last.
func (r *Resolved[T]) Get() (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.have {
		r.now, r.err = r.resolve()
		r.have = true
	}
	return r.now, r.err
}

// Refuse is called with what was refused; ok says that there is another by now. Of many
// requests that were refused at once the first one resolves.
func (r *Resolved[T]) Refuse(refused T) (ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.same(r.now, refused) {
		return r.err == nil
	}
	if r.tried {
		return false
	}
	next, err := r.resolve()
	if err != nil || r.same(next, refused) {
		r.tried = true
		return false
	}
	r.now = next
	return true
}
