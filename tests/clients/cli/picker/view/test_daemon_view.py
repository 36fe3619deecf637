from aircher_cli.picker.view.daemon_view import DaemonView


def test_a_new_view_is_connecting_and_its_list_is_loading():
    """An empty list of models before the first answer does not mean that there are none."""
    view = DaemonView()
    assert (view.link, view.has_models) == ("connecting", False)


def test_a_notice_about_old_files_ends_with_a_stored_key():
    """The daemon sends it once; a variable of its own carries nothing over."""
    old, other = "the earlier aircher left files: aircher-cli migrate", "versions differ"
    for keys, expected in (
        ((), (old, other)),
        (({"provider": "a", "key": "env:A_KEY"}, {"provider": "b"}), (old, other)),
        (({"provider": "a", "key": "default"},), (other,)),
    ):
        assert DaemonView(keys=keys, notices=(old, other)).current_notices == expected
