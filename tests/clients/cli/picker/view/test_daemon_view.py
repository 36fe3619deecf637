from aircher_cli.picker.view.daemon_view import DaemonView


def test_a_new_view_is_connecting_and_its_list_is_loading():
    """An empty list of models before the first answer does not mean that there are none."""
    view = DaemonView()
    assert (view.link, view.has_models) == ("connecting", False)
