"""Opens a page of the player in QtWebKit (WebKit 602, of 2016) and prints once a second, as a line of JSON, what the player
says it has shown and how bright the window is. Until it is ended."""

import json
import sys
import tempfile

from PyQt5.QtCore import QTimer, QUrl
from PyQt5.QtWebKit import QWebSettings
from PyQt5.QtWebKitWidgets import QWebPage, QWebView
from PyQt5.QtWidgets import QApplication

ASK = """
JSON.stringify(window.marqueeTv ? {
    agent: navigator.userAgent,
    shown: window.marqueeTv.shown.map(function (each) { return each.key; })
} : { agent: navigator.userAgent, shown: [] })
"""


class Page(QWebPage):
    def javaScriptConsoleMessage(self, message, line, source):
        print(f"{source}:{line}: {message}", file=sys.stderr, flush=True)


def brightness(view):
    """The mean of all pixels, 0 to 255."""
    image = view.grab().toImage().scaled(16, 9)
    colours = [image.pixelColor(x, y) for x in range(16) for y in range(9)]
    return sum(colour.red() + colour.green() + colour.blue() for colour in colours) / len(colours) / 3


def main():
    app = QApplication(sys.argv)
    storage = tempfile.TemporaryDirectory()
    settings = QWebSettings.globalSettings()
    settings.setAttribute(QWebSettings.LocalStorageEnabled, True)
    settings.setAttribute(QWebSettings.OfflineStorageDatabaseEnabled, True)
    settings.enablePersistentStorage(storage.name)
    view = QWebView()
    view.setPage(Page(view))
    view.resize(640, 360)
    view.show()
    view.load(QUrl(sys.argv[1]))

    def tell():
        said = json.loads(view.page().mainFrame().evaluateJavaScript(ASK))
        print(json.dumps({**said, "bright": brightness(view)}), flush=True)

    timer = QTimer()
    timer.timeout.connect(tell)
    timer.start(1000)
    app.exec_()


main()
