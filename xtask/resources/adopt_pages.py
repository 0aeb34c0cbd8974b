"""The first page of a project that is looked at: where it is, how it answers, what it loads."""

import os
import re

import run_project

HOST = re.compile(r"""(?:src|href)=["'](?:https?:)?//([^/"'?#]+)[^"']*["']""")
RESOURCE = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*>", re.IGNORECASE)
# Those for old browsers have scripts in them.
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
TITLE = re.compile(r"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)
STEPS_TO_A_PAGE = 4
# Pages are asked for at so many addresses, which may be put together of so many parts: language, app, page.
MOST_ADDRESSES = 20
PARTS_OF_AN_ADDRESS = 3


def first_page(start, project, as_owner=False):
    """The first page that there is for nobody or the owner: at `start`, at the root, or at another fixed address."""
    client = browser()
    addresses = [start] if start else ["/", *fixed_addresses()[:MOST_ADDRESSES]]
    found = [first_visit(client, path, project, as_owner) for path in addresses]
    good = [page for page in found if page["status"] == 200 and (page["is_html"] or page is found[0])]
    # A first page that fails is no reason to begin with another one: it has to be told.
    first = good[0] if good and found[0]["status"] < 500 else found[0]
    return {**first, "asked": [[page["path"], page["status"]] for page in found]}


def browser():
    """A client that asks as a window does: frameworks for APIs answer it with pages."""
    from django.test import Client

    # An error of the page is an answer here. Its middleware is made once, as a server does that.
    address = {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000"}
    return Client(raise_request_exception=False, HTTP_ACCEPT="text/html,*/*;q=0.8", **address)


def owner_fails(path, project):
    """How a page fails for the one user of an installation, who may lack what the project keeps about its own."""
    page = first_visit(browser(), path, project, as_owner=True)
    if page["status"] < 500:
        return None
    return {"what": page["error"] or "status {}".format(page["status"]), "place": page["place"]}


def first_visit(client, path, project, as_owner):
    """One page as somebody sees it who comes there first; as the owner, whom `account = "owner"` logs in."""
    from desktop_runtime import accounts

    client.cookies.clear()
    if as_owner:
        client.force_login(accounts.owner(), backend=accounts.backend())
    return visit(client, path, project)


def visit(client, path, project):
    """One page, redirects followed."""
    hops = []
    answer = client.get(path)
    while answer.status_code in (301, 302, 303, 307, 308) and len(hops) < STEPS_TO_A_PAGE:
        hops.append(answer.headers["Location"])
        if "://" in hops[-1].removeprefix("http://127.0.0.1:8000"):
            break
        answer = client.get(hops[-1])
    text, is_html = "", "html" in answer.headers.get("Content-Type", "")
    if not answer.streaming and is_html:
        text = COMMENT.sub("", answer.content.decode("utf-8", "replace"))
    resources = [tag for tag in RESOURCE.findall(text) if "canonical" not in tag]
    hosts = {host for tag in resources for host in HOST.findall(tag)} - {"127.0.0.1:8000"}
    title = TITLE.search(text)
    error = getattr(answer, "exc_info", None)
    return {
        "path": path,
        "status": answer.status_code,
        "hops": hops,
        "is_html": is_html,
        "asks_for_password": 'type="password"' in text,
        "title": title[1] if title else "",
        "hosts": sorted(hosts),
        "missing": missing(resources),
        "error": project.anonymous(f"{type(error[1]).__name__}: {error[1]}") if error else None,
        "place": run_project.failure(project, error[1])["last"]["place"] if error else None,
    }


def missing(resources):
    """Static files that the page asks for and that were not collected."""
    from django.conf import settings

    start = str(settings.STATIC_URL or "")
    addresses = [address for tag in resources for address in re.findall(r"""(?:src|href)=["']([^"'?#]+)""", tag)]
    names = {address.removeprefix(start) for address in addresses if start and address.startswith(start)}
    return sorted(name for name in names if not os.path.exists(os.path.join(settings.STATIC_ROOT, name)))


def fixed_addresses():
    """Addresses without parts that vary: short ones first, the admin last."""
    from django.urls import get_resolver

    found, level = [], [("/", get_resolver())]
    for _ in range(PARTS_OF_AN_ADDRESS):
        entries = [(start + route_of(entry), entry) for start, resolver in level for entry in resolver.url_patterns]
        entries = [(path, entry) for path, entry in entries if re.fullmatch(r"/(?!__debug)[\w/-]*", path)]
        found += [path for path, _ in entries]
        # What lies below the index of the admin needs somebody who is logged in.
        is_list = [(hasattr(entry, "url_patterns") and entry.app_name != "admin") for _, entry in entries]
        level = [entry for entry, is_one in zip(entries, is_list, strict=True) if is_one]
    found = dict.fromkeys(path for path in found if path != "/")
    return sorted(found, key=lambda path: "admin" in path)


def route_of(entry):
    """The route of an address or of a list of them, without the signs of regular expressions."""
    return str(entry.pattern).removeprefix("^").removesuffix("$")
