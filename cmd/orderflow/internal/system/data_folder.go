package system

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/orderflow-dev/orderflow/local/store"
)

// closeToOthers makes the data folder, or keeps others out of one that is there.
func closeToOthers(dir string, log *slog.Logger) error {
	if dir == "" {
		return nil
	}
	tightened, err := store.Private(dir)
	if tightened {
		log.Warn("the data folder was open to others; now only its owner can read it", "folder", dir)
	}
	return err
}

// webhookSecret is the secret that the local carrier shares with the API, kept in the data folder.
func webhookSecret(dir string) (string, error) {
	if dir == "" {
		return rand.Text(), nil
	}
	path := secretPath(dir)
	b, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	secret := rand.Text()
	return secret, os.WriteFile(path, []byte(secret+"\n"), 0o600)
}

func secretPath(dir string) string { return filepath.Join(dir, "webhook-secret") }

// shownSecret tells whoever plays an external carrier where the secret is; where nothing is kept, the secret itself.
func shownSecret(o Options, secret string) string {
	_, chosen := o.Parameters["WebhookSecret"]
	switch {
	case o.Parameters["Carrier"] != "external" || chosen:
		return ""
	case o.Dir == "":
		return secret
	}
	return "in " + secretPath(o.Dir)
}

// warnEmptied says that a data folder was used before, and has lost all that was in it: the system begins with nothing.
func warnEmptied(dir string, log *slog.Logger) {
	if dir == "" {
		return
	}
	_, secret := os.Stat(filepath.Join(dir, "webhook-secret"))
	if _, kept := os.Stat(filepath.Join(dir, "store")); secret == nil && errors.Is(kept, os.ErrNotExist) {
		log.Warn("the data folder was used before, and its store is gone: the system begins without orders; if that is not meant, stop it and bring store/ back", "folder", dir)
	}
}
