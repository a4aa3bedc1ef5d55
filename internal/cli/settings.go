package cli

import (
	"cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// engineOptions are the folder of an embedded target and its settings.
func (a *app) engineOptions(p *cdp.Project) (path string, settings map[string]string, err error) {
	secret := a.secrets(p.Root)
	var errs []error
	if path, err = a.expand(p.Target.Options["embedded"].Map["path"]); err != nil {
		errs = append(errs, a.optionError(p, "embedded.path", err))
	}
	settings = map[string]string{}
	fillSettings(p, settings, func(name, text string) string {
		v, err := secret(text)
		if err != nil {
			errs = append(errs, a.optionError(p, name, err))
		}
		return v
	})
	if len(errs) > 0 {
		return "", nil, joinHelp(errs)
	}
	return cmp.Or(path, ".kith/warehouse"), settings, nil
}

// fillSettings adds the settings of a target.
func fillSettings(p *cdp.Project, into map[string]string, resolve func(name, text string) string) {
	for name, text := range p.Target.Options["settings"].Map {
		into[name] = resolve("settings."+name, text)
	}
}
