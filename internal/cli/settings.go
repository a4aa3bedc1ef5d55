package cli

import "github.com/kithdata/kith/internal/cdp"

// engineSettings are the settings of an embedded target.
func (a *app) engineSettings(p *cdp.Project) (map[string]string, error) {
	secret := a.secrets(p.Root)
	settings, errs := map[string]string{}, []error(nil)
	fillSettings(p, settings, func(name, text string) string {
		v, err := secret(text)
		if err != nil {
			errs = append(errs, a.optionError(p, name, err))
		}
		return v
	})
	if len(errs) > 0 {
		return nil, joinHelp(errs)
	}
	return settings, nil
}

// fillSettings adds the settings of a target.
func fillSettings(p *cdp.Project, into map[string]string, resolve func(name, text string) string) {
	for name, text := range p.Target.Options["settings"].Map {
		into[name] = resolve("settings."+name, text)
	}
}
