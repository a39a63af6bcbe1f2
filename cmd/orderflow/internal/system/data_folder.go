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

// restrictFolder makes the data folder, or removes the access of other users to an existing one.
func restrictFolder(dir string, log *slog.Logger) error {
	if dir == "" {
		return nil
	}
	tightened, err := store.Private(dir)
	if tightened {
		log.Warn("other users could read the data folder; now only its owner can", "folder", dir)
	}
	return err
}

// webhookSecret returns the secret that the local carrier shares with the API, kept in the data
// folder.
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

// secretNotice returns what the user of an external carrier needs: the path of the secret, or the
// secret itself if none is kept.
func secretNotice(o Options, secret string) string {
	_, chosen := o.Parameters["WebhookSecret"]
	switch {
	case o.Parameters["Carrier"] != "external" || chosen:
		return ""
	case o.Dir == "":
		return secret
	}
	return "in " + secretPath(o.Dir)
}

// warnEmptyFolder logs a warning if a data folder was used before and has lost all its data: the
// system then starts empty.
func warnEmptyFolder(dir string, log *slog.Logger) {
	if dir == "" {
		return
	}
	_, secret := os.Stat(filepath.Join(dir, "webhook-secret"))
	if _, kept := os.Stat(filepath.Join(dir, "store")); secret == nil && errors.Is(kept, os.ErrNotExist) {
		log.Warn("the data folder was used before, and its store is missing: the system starts without orders; to keep the old ones, stop it and restore store/", "folder", dir)
	}
}
