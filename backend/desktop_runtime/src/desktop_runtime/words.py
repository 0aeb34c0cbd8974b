"""What a person reads of a failure, in the language that the shell has chosen.

English stands in the code, goes into the log, and is the key here. What only developers see has no other words.
"""

from __future__ import annotations

from . import paths
from .faults import LaunchError, Text, fill

TABLES: dict[str, dict[str, str]] = {
    "de": {
        "The app could not be started": "Die App ließ sich nicht starten",
        "The app could not be loaded": "Die App ließ sich nicht laden",
        "The first page can't be opened": "Die erste Seite lässt sich nicht öffnen",
        "This did not work": "Das hat nicht geklappt",
        "The folder for the app's data can't be used": "Der Datenordner der App ist nicht benutzbar",
        "{folder} can't be created or written to ({reason}).": (
            "{folder} lässt sich nicht anlegen oder beschreiben ({reason})."
        ),
        "The log can't be written": "Das Protokoll lässt sich nicht schreiben",
        "The secret key can't be kept": "Der geheime Schlüssel lässt sich nicht speichern",
        "The disk is full": "Die Platte ist voll",
        "The app's data can't be written": "Die Daten der App lassen sich nicht schreiben",
        "Writing to {folder} failed ({reason}). {next_step}": (
            "In {folder} ließ sich nicht schreiben ({reason}). {next_step}"
        ),
        "Make room on it and start again.": "Schaffen Sie dort Platz, und starten Sie die App neu.",
        "Change the folder's permissions and start again.": (
            "Ändern Sie die Rechte des Ordners, und starten Sie die App neu."
        ),
        "{file} is read-only. Make it writable, start again.": (
            "{file} ist schreibgeschützt. Heben Sie das auf, und starten Sie die App neu."
        ),
        "The app's data is in use": "Die Daten der App sind in Gebrauch",
        "Another program holds {database}. Close it and start again; a restart of the computer closes every "
        "program.{copies}": (
            "Ein anderes Programm hält {database}. Schließen Sie es, und starten Sie die App neu; ein Neustart des "
            "Computers schließt jedes Programm.{copies}"
        ),
        "Another program holds {file}. Close it and try again.": (
            "Ein anderes Programm hält {file}. Schließen Sie es, und versuchen Sie es noch einmal."
        ),
        "The app's data can't be opened": "Die Daten der App lassen sich nicht öffnen",
        "{database}: {error}. Look whether the file can be read and written, and start again.{copies}": (
            "{database}: {error}. Sehen Sie nach, ob sich die Datei lesen und schreiben lässt, und starten Sie die App "
            "neu.{copies}"
        ),
        "The app's data is damaged": "Die Daten der App sind beschädigt",
        "{database} can't be read ({finding}). It was not changed.": (
            "{database} lässt sich nicht lesen ({finding}). Die Datei wurde nicht verändert."
        ),
        " Copies of the data as it was before are in {folder}.": (
            " Kopien der Daten, wie sie vorher waren, sind in {folder}."
        ),
        " To go on with one, move the damaged file away, and put the newest of them in its place, under the same "
        "name.": (
            " Um mit einer weiterzuarbeiten, verschieben Sie die beschädigte Datei, und legen Sie die neueste unter "
            "demselben Namen an ihre Stelle."
        ),
        " If you have a copy of it, put it in this place.": (
            " Wenn Sie eine Kopie davon haben, legen Sie diese an ihre Stelle."
        ),
        "The app's database can't be used": "Die Datenbank der App ist nicht benutzbar",
        "The database can't be reached": "Die Datenbank ist nicht erreichbar",
        "The app's data could not be copied": "Die Daten der App ließen sich nicht kopieren",
        "This version changes the data, and a copy has to be made first. Copying {database} to {folder} failed "
        "({reason}). Nothing was changed. Make room on the disk or check its permissions, and start again.": (
            "Diese Version verändert die Daten, und zuvor muss eine Kopie entstehen. {database} ließ sich nicht nach "
            "{folder} kopieren ({reason}). Es wurde nichts geändert. Schaffen Sie Platz auf der Platte, oder prüfen "
            "Sie ihre Rechte, und starten Sie die App neu."
        ),
        "The app's data could not be updated": "Die Daten der App ließen sich nicht aktualisieren",
        "This version has to change the data, and that failed ({reason}). {outcome} "
        "Go on with the version that you had before, or send the log to whoever makes the app.": (
            "Diese Version muss die Daten verändern, und das ging schief ({reason}). {outcome} Arbeiten Sie mit der "
            "Version weiter, die Sie vorher hatten, oder schicken Sie das Protokoll an die, von denen die App ist."
        ),
        "The data is as it was before.": "Die Daten sind wie vorher.",
        "The copies in {folder} could not be put back yet; the next start tries again.": (
            "Die Kopien in {folder} ließen sich noch nicht zurücklegen; der nächste Start versucht es wieder."
        ),
        "The app's data was made by a newer version": "Die Daten der App sind von einer neueren Version",
        "The data was last used by a newer version of this app (it has the migration {migration}). "
        "Install that version or a later one. Nothing was changed.{copies}": (
            "Die Daten wurden zuletzt von einer neueren Version der App benutzt (sie haben die Migration {migration}). "
            "Installieren Sie diese oder eine spätere. Es wurde nichts geändert.{copies}"
        ),
        " Version {version} was the last that worked: install it again to go on as before.": (
            " Zuletzt ging die Version {version}: Installieren Sie sie wieder, um wie bisher weiterzuarbeiten."
        ),
        " The version that you had before was the last that worked: install it again to go on as before.": (
            " Zuletzt ging die Version, die Sie vorher hatten: Installieren Sie sie wieder, um wie bisher "
            "weiterzuarbeiten."
        ),
        "The first start of the app could not be completed": "Der erste Start der App kam nicht zu seinem Ende",
        "The backup could not be made": "Die Sicherung ließ sich nicht anlegen",
        "{reason}. Make room on the disk or choose another place.": (
            "{reason}. Schaffen Sie Platz auf der Platte, oder wählen Sie einen anderen Ort."
        ),
        "There is not enough room": "Der Platz reicht nicht",
        "This takes {needed} in {folder}, and {spare} should stay free. {free} are free. "
        "Make room on the disk or choose another place.": (
            "Es braucht {needed} in {folder}, und {spare} sollten frei bleiben. {free} sind frei. Schaffen Sie Platz "
            "auf der Platte, oder wählen Sie einen anderen Ort."
        ),
        "Another backup is being made": "Es entsteht gerade eine andere Sicherung",
        "Process {pid} is at it. Try again when it is done.": (
            "Der Prozess {pid} ist dabei. Versuchen Sie es noch einmal, wenn er fertig ist."
        ),
        "The folder for backups can't be used": "Der Ordner für Sicherungen ist nicht benutzbar",
        "The backup was not restored": "Die Sicherung wurde nicht wiederhergestellt",
        "What is there now has to be kept first, and that failed. {detail} Nothing was changed.": (
            "Zuvor muss gesichert werden, was jetzt da ist, und das ging schief. {detail} Es wurde nichts geändert."
        ),
        "The backup is of another app": "Die Sicherung ist von einer anderen App",
        "{file} was made by {other}, and this is {app}.": "{file} ist von {other}, und dies ist {app}.",
        "The backup can't be used": "Die Sicherung ist nicht benutzbar",
        "{file}: {reason}. Nothing was changed.": "{file}: {reason}. Es wurde nichts geändert.",
        "{file} is damaged, or it is not a backup. Nothing was changed. Choose another one.": (
            "{file} ist beschädigt oder keine Sicherung. Es wurde nichts geändert. Wählen Sie eine andere."
        ),
        "{file} has the database {names}, which this version doesn't have. Nothing was changed.": (
            "{file} hat die Datenbank {names}, die diese Version nicht hat. Es wurde nichts geändert."
        ),
        "{file} has no database. Nothing was changed.": "{file} hat keine Datenbank. Es wurde nichts geändert.",
        "The data could not be exported": "Die Daten ließen sich nicht exportieren",
        "{reason}. Choose another place.": "{reason}. Wählen Sie einen anderen Ort.",
        "The support file could not be made": "Die Supportdatei ließ sich nicht anlegen",
        "The support file could not be saved": "Die Supportdatei ließ sich nicht speichern",
        "The file can't be saved there": "Die Datei lässt sich dort nicht speichern",
        "There is no folder {folder}. Choose another place.": "{folder} gibt es nicht. Wählen Sie einen anderen Ort.",
    },
}


def translated(error: LaunchError) -> LaunchError:
    """The same for a person."""
    return LaunchError(told(error.title), told(error.detail))


def told(text: str) -> str:
    """The text in the person's language; English where it has no words for it."""
    table = TABLES.get(paths.variable(paths.LANGUAGE) or "")
    return text if table is None else _told(text, table)


def _told(text: str, table: dict[str, str]) -> str:
    if not isinstance(text, Text):
        return table.get(text, text)
    values = {name: _told(value, table) if isinstance(value, str) else value for name, value in text.values.items()}
    return fill(table.get(text.template, text.template), values)
